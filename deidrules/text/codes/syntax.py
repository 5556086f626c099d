"""DR0xx: the text cannot be read."""

from __future__ import annotations

from deidrules.text.codes.model import Code

TABLE: tuple[Code, ...] = ()
