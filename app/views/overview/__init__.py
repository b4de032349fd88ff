"""What the page overview draws."""
