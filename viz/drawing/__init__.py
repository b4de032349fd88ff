"""What all figures are drawn with: style, scales, sheets, outlines, pictures to point at."""
