"""`deidrules show`: what elements a file has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from deidrules.dicom.element import Element
    from deidrules.engine.reading import DataSet, Reading


@click.command("show", short_help="List the elements of a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--values", is_flag=True, help="Show values too: they identify patients.")
def command(file: str, values: bool) -> int:
    """List the elements of a DICOM file at every depth: tag, VR, length in bytes, keyword, private creator; before them the options of
    PS3.15 that it claims. Values are not shown unless --values is given.

    Exit codes: 0 done, 1 the file cannot be read as DICOM, 2 wrong usage."""
    from deidrules.cli.files import read_object
    from deidrules.dicom.uid import registry
    from deidrules.engine.reading import Reading

    instance = read_object(Path(file))
    if instance is None:
        return 1
    reading = Reading(instance)
    registered = registry().get(instance.transfer_syntax)
    syntax = instance.transfer_syntax + (f" {registered.name}" if registered is not None else "")
    click.echo(f"transfer syntax {syntax}; {'preamble' if instance.has_preamble else 'no preamble'}; {len(instance.elements)} elements")
    for what, count in instance.dropped:
        click.echo(f"left over: {what} {count}")
    for claim in _claims(reading):
        click.echo(f"claims {claim}")
    for line in _lines(reading, reading.meta, 0, values):
        click.echo(line)
    for line in _lines(reading, reading.top, 0, values):
        click.echo(line)
    return 0


def _claims(reading: Reading) -> Iterator[str]:
    """The options of PS3.15 that the file says were applied to it; nothing of (0012,0064) that the standard does not know."""
    from deidrules.dicom.method_codes import METHOD_CODES, SCHEME
    from deidrules.engine import own
    from deidrules.engine.reading import is_sequence

    element = reading.top.element(own.METHOD_CODES)
    for item in element.items or () if element is not None and is_sequence(element) else ():
        said = {inner.tag: reading.raw(inner, reading.top).strip(b" \0") for inner in item.elements if inner.items is None}
        if said.get(0x00080102) == SCHEME.encode("ascii"):
            for code, meaning in METHOD_CODES.items():
                if said.get(0x00080100) == str(code).encode("ascii"):
                    yield f"{code} {meaning}"


def _lines(reading: Reading, place: DataSet, depth: int, values: bool) -> Iterator[str]:
    from deidrules.cli.explaining import shown_value

    indent = "  " * depth
    for element in place.elements:
        sequence = element.items is not None and not element.fragments
        length = "undefined" if element.undefined else str(element.length)
        line = f"{indent}({element.tag >> 16:04X},{element.tag & 0xFFFF:04X}) {element.vr} {length:>9} {_name(element)}"
        if sequence:
            line += f", {_several(len(element.items or ()), 'item')}"
        elif element.fragments:
            line += f", {_several(len(element.items or ()), 'fragment')}"
        elif values:
            line += f" = {shown_value(reading, element, place)}"
        yield line
        if sequence:
            for number, item in enumerate(element.items or (), start=1):
                yield f"{indent}  item {number}"
                yield from _lines(reading, place.below(item), depth + 2, values)


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _name(element: Element) -> str:
    from deidrules.dicom import dictionary
    from deidrules.dicom.private import block_of

    if element.private:
        if element.creator is not None:
            return f'private, creator "{element.creator}"'
        return "private creator" if block_of(element.tag) is not None else "private, without creator"
    entry = dictionary.entry(element.tag)
    return (entry.keyword or entry.name) if entry is not None else "unknown"
