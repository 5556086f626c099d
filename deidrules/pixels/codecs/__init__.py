"""Codecs for frames that have to be decoded to be changed, one file each; all of them without loss on the way back."""
