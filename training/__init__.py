"""The training core: networks, data, the loop and the run folder it writes."""
