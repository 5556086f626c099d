"""The proof on the way out: the bytes of a written file held against the object they were made from."""
