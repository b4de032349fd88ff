"""The views: what a trained network computes, seen."""
