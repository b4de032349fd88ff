"""What surrounds every page: run and epoch, the address, the menu, errors, the first visit."""
