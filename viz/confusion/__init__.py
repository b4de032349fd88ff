"""Which classes the network takes for which."""
