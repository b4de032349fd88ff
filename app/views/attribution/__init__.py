"""What the page attribution draws."""
