"""What the page top patches draws."""
