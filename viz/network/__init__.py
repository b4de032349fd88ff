"""What all views ask of a network and its images: layers, windows, patches, measurements."""
