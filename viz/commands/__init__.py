"""Commands that are not questions yet."""
