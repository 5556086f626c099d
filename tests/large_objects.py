"""Objects larger than anybody wants to hold, written piece by piece, and programs run in a process of their own to see what they hold."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path
from struct import pack
from typing import Any

from pixel_objects import dataset, file
from pydicom.dataset import Dataset

MEGABYTE = 1 << 20

_PEAK = """
import sys
from deidrules.cli.main import main
try:
    main(sys.argv[1:])
finally:
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


def room(folder: Path, size: int) -> bool:
    """True when so many bytes, and a quarter more, are free below a folder."""
    return shutil.disk_usage(folder).free > size * 5 // 4


def peak(*arguments: str) -> tuple[int, str]:
    """(peak resident memory in bytes, file-backed pages included; stdout) of `deidrules` with these arguments, in a new process."""
    done = subprocess.run([sys.executable, "-c", _PEAK, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stderr.split()[-1]) * 1024, done.stdout


def header(*, frames: int = 1, **layout: Any) -> Dataset:
    """The attributes of a native object, without its pixels."""
    made = dataset(frames=frames, value=b"", **{"SOPInstanceUID": "2.25.77", **layout})
    made.StudyInstanceUID, made.SeriesInstanceUID = "2.25.78", "2.25.79"
    made.PatientName, made.PatientID = "EXAMPLE^SECRET", "SECRET-4711"
    del made.PixelData
    return made


def native(
    path: Path, *, rows: int, columns: int, frames: int, samples: int = 1, allocated: int = 8, sparse: bool = False, **more: Any
) -> int:
    """Write an object of native pixels in explicit VR little endian; the bytes of its pixel data. `sparse`: a hole of zeros, which takes no
    room on most file systems; else noise."""
    photometric = more.pop("photometric", "RGB" if samples == 3 else "MONOCHROME2")
    made = header(rows=rows, columns=columns, frames=frames, samples=samples, allocated=allocated, photometric=photometric, **more)
    length = rows * columns * frames * samples * (allocated // 8)
    with path.open("wb") as out:
        out.write(file(made))
        out.write(pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, length))
        if sparse:
            out.truncate(out.tell() + length)
        else:
            noise = random.Random(1).randbytes(min(length, MEGABYTE + 1))
            for at in range(0, length, len(noise)):
                out.write(noise[: length - at])
    return length


def encapsulated(path: Path, frames: list[bytes], transfer_syntax: str, **layout: Any) -> None:
    """Write an object of one fragment for each frame, without an offset table."""
    made = header(frames=len(frames), **layout)
    with path.open("wb") as out:
        out.write(file(made, transfer_syntax))
        out.write(pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + pack("<HHI", 0xFFFE, 0xE000, 0))
        for frame in frames:
            padded = frame + b"\0" * (len(frame) & 1)
            out.write(pack("<HHI", 0xFFFE, 0xE000, len(padded)) + padded)
        out.write(pack("<HHI", 0xFFFE, 0xE0DD, 0))


def profile(folder: Path, *statements: str, policies: tuple[str, ...] = ()) -> Path:
    """A profile of the Basic Profile and one pixel rule for everything, if there are statements. `policies`: lines as
    `name: value`."""
    (folder / "recipes").mkdir(parents=True)
    rule = "".join(f"    {statement}\n" for statement in statements)
    text = "deidrules 1\n" + (f'\npixels "all of them"\n    when exists Rows\n{{\n{rule}}}\n' if statements else "")
    (folder / "recipes" / "pixels.recipe").write_text(text)
    lines = ["unlisted: K", "unmatched-pixels: accept", "unknown-sop-class: strictest", *policies]
    (folder / "profile.yaml").write_text(
        "profile: large-test\nversion: 1.0.0\ntitle: Large objects\nlanguage: 1\nrecipes:\n  - ps315/2026d/basic\n"
        "  - recipes/pixels.recipe\npolicies:\n" + "".join(f"  {line}\n" for line in lines)
    )
    return folder


def drop(path: Path) -> None:
    """Remove a file or folder at once: a gigabyte is not left until the end of a session."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
