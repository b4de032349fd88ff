"""Drawing: arrays in, figure out. Nothing here knows a network, a file or a page."""
