"""DR9xx: style."""

from __future__ import annotations

from deidrules.text.codes.model import Code

TABLE: tuple[Code, ...] = ()
