"""Anybody's classifier taken apart into named layers, and its weights read without its code."""
