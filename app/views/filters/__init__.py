"""What the page filters draws."""
