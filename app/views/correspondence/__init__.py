"""What the page correspondence draws."""
