"""Why a run does not begin, or ends before its last file."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deidrules.run.summary import Summary


class UsageError(ValueError):
    """The run was asked for something that cannot be: nothing was touched. The message is for the user, names no path and no value."""


class Stopped(Exception):
    """The run cannot go on, for a reason that has nothing to do with the file in hand: a full disk, a read-only output. `code` is a key
    of `deidrules.text.refusals.REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Interrupted(KeyboardInterrupt):
    """The user interrupted the run; `summary` says how far it came. Everything partial is gone."""

    def __init__(self, summary: Summary) -> None:
        super().__init__()
        self.summary = summary


_CODES = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EFBIG: "disk-full",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}


def stop_code(error: OSError) -> str:
    """The code of an error while writing: `disk-full` (quota and file size limits too), `read-only` or `write-error`. The error's own
    text holds a path and is not used."""
    return _CODES.get(error.errno or 0, "write-error")
