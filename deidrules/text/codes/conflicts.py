"""DR3xx: conflicts, unreachable and shadowed rules."""

from __future__ import annotations

from deidrules.text.codes.model import Code

TABLE: tuple[Code, ...] = ()
