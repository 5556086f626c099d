"""What a compressed frame holds beside its image: found by following its markers or boxes, and left out without touching the image."""
