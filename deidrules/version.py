"""The version of the program: the one place in the code, tested equal to the project's metadata."""

from __future__ import annotations

VERSION = "0.1.0"
