"""The secret of a run and what is derived from it: keyed, purpose-separated pseudo-random functions (HMAC-SHA256, RFC 2104)."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
import struct
from pathlib import Path

SIZE = 32  # bytes of the secret

HEADER = "deidrules key 1"

# Every derivation begins with this, so that another program given the same secret derives something else.
_REALM = b"deidrules/1/"

# 39 digits, none of them a leading zero, within the 128 bits of a UUID-derived UID (PS3.5 B.2)
_UID_FROM = 10**38
_UID_COUNT = 2**128 - _UID_FROM

_MEMO = 1 << 16  # entries; a full memo is dropped, which costs time and changes nothing

_FILE = re.compile(rf"{HEADER}\r?\n([0-9A-Fa-f]{{64}})(?:\r?\n)?")


class KeyFileError(Exception):
    """A key file cannot be used. The message holds neither the path nor anything of the content."""


def _framed(parts: tuple[str, ...]) -> bytes:
    # Each part behind its length: ("ab", "c") and ("a", "bc") differ.
    out = bytearray()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        out += struct.pack(">Q", len(encoded)) + encoded
    return bytes(out)


class KeyRing:
    """Implements `deidrules.actions.base.Keys` over a secret of 32 bytes. Equal secrets give equal results, everywhere and for ever: the
    derivations below are part of what a released profile means."""

    __slots__ = ("_secret", "_subkeys", "_uids", "identifier")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SIZE:
            raise ValueError(f"a key is {SIZE} bytes")
        self._secret = bytes(secret)
        self._subkeys: dict[str, bytes] = {}
        self._uids: dict[str, str] = {}
        self.identifier: str = self.digest("identifier of the key").hex()[:8]

    def __repr__(self) -> str:
        return f"KeyRing({self.identifier})"

    def __reduce__(self) -> tuple[type[KeyRing], tuple[bytes]]:
        # Workers get the secret through a pipe, never the memos.
        return KeyRing, (self._secret,)

    def digest(self, purpose: str, *parts: str) -> bytes:
        """32 bytes: HMAC-SHA256 under a key derived for `purpose`, over length-framed parts."""
        subkey = self._subkeys.get(purpose)
        if subkey is None:
            if len(self._subkeys) >= _MEMO:
                self._subkeys.clear()
            subkey = hmac.digest(self._secret, _REALM + purpose.encode("utf-8", "surrogatepass"), "sha256")
            self._subkeys[purpose] = subkey
        return hmac.digest(subkey, _framed(parts), "sha256")

    def number(self, purpose: str, *parts: str, below: int) -> int:
        """A number from 0 to `below` - 1, evenly spread: bits are drawn until they fall below, never folded by a remainder."""
        if below < 1:
            raise ValueError("below has to be positive")
        bits = (below - 1).bit_length()
        blocks = max(1, -(-bits // 256))
        attempt = 0
        while True:
            drawn = b"".join(self.digest("number/" + purpose, str(attempt), str(block), *parts) for block in range(blocks))
            value = int.from_bytes(drawn, "big") >> (256 * blocks - bits)
            if value < below:
                return value
            attempt += 1

    def uid(self, original: str) -> str:
        """The replacement of a UID: `2.25.` and 39 digits, 44 characters. The original is compared without its padding."""
        original = original.strip(" \0")
        replacement = self._uids.get(original)
        if replacement is None:
            if len(self._uids) >= _MEMO:
                self._uids.clear()
            replacement = f"2.25.{_UID_FROM + self.number('uid', original, below=_UID_COUNT)}"
            self._uids[original] = replacement
        return replacement


def fresh() -> KeyRing:
    """A key ring over a new secret that is stored nowhere: nothing made with it links to another run."""
    return KeyRing(secrets.token_bytes(SIZE))


def load(path: str | Path) -> KeyRing:
    """The key ring of a key file: two lines, `deidrules key 1` and 64 hex digits.

    Refused with KeyFileError: what is no regular file (a link is followed, what it leads to is judged), what group or others may read,
    write or execute, any other content, a secret that is one byte repeated."""
    try:
        # O_NONBLOCK: a named pipe must not hang the program before it is refused
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise KeyFileError("the key file does not exist") from None
    except OSError:
        raise KeyFileError("the key file cannot be opened") from None
    try:
        # The open file is judged, not its name: nobody can exchange it in between.
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileError("the key file is not a regular file")
        if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
            raise KeyFileError("the key file is open to group or others; `chmod 600` it, and make a new key if somebody may have read it")
        content = os.read(descriptor, 1024)
    except OSError:
        raise KeyFileError("the key file cannot be read") from None
    finally:
        os.close(descriptor)
    match = _FILE.fullmatch(content.decode("ascii", "replace"))
    if match is None:
        raise KeyFileError(f"the key file does not hold the line `{HEADER}` and a line of 64 hex digits; `deidrules keygen` makes one")
    secret = bytes.fromhex(match[1])
    if len(set(secret)) == 1:
        raise KeyFileError("the key file holds one byte repeated, which is no secret; `deidrules keygen` makes one")
    return KeyRing(secret)


def generate(path: str | Path) -> KeyRing:
    """Write a new key file, mode 0600, and return its key ring. An existing file, link or folder is never touched: KeyFileError."""
    ring = KeyRing(secrets.token_bytes(SIZE))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    except FileExistsError:
        raise KeyFileError("the key file exists already; a key is never overwritten") from None
    except OSError:
        raise KeyFileError("the key file cannot be created") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o600)  # whatever the umask took away
            file.write(f"{HEADER}\n{ring._secret.hex()}\n".encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(path).unlink(missing_ok=True)
        raise KeyFileError("the key file cannot be written") from None
    return ring
