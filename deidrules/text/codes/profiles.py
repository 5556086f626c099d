"""DR5xx: profiles and versions."""

from __future__ import annotations

from deidrules.text.codes.model import Code

TABLE: tuple[Code, ...] = ()
