"""What one page needs and nobody else: a folder a view."""
