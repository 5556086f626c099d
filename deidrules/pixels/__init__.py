"""Pixels: an object's frames and overlay planes, what a plan blanks in them, and the bytes that come out."""
