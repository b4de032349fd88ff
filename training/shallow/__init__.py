"""What is learnt of shallow networks: a codebook or mixture without labels, and the scores."""
