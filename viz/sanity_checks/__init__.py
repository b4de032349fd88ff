"""Whether to trust a heat map: does the answer follow it, and does it follow the weights?"""
