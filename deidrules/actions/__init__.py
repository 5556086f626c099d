"""The vocabulary: every code and every function, one file each, found by looking into this folder."""
