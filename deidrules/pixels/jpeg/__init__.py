"""JPEG streams changed without decoding them to pixels: blocks are blanked in the entropy-coded data, every other coefficient stays."""
