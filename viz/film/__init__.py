"""The first filters over all epochs, as an animation."""
