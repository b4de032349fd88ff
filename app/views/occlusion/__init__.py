"""What the page occlusion draws."""
