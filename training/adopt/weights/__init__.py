"""Anybody's files of weights: read as data, and matched with a network by name."""
