"""What several pages draw with: images to choose, classes, sheets, downloads."""
