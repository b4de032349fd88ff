"""What the page evolution draws."""
