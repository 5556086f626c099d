"""DR1xx: names, tags, types."""

from __future__ import annotations

from deidrules.text.codes.model import Code

TABLE: tuple[Code, ...] = ()
