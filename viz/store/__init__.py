"""Results as files: cached in a run, exported with what made them, and read back."""
