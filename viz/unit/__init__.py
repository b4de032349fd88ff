"""What a layer's channels are like: how often they fire, for which classes, and which are alike."""
