"""What the page feature maps draws."""
