"""What the page train draws."""
