"""What holds for every plan and every file: one outcome for each element, and the input stays."""

from __future__ import annotations

import copy
import io
from collections import Counter

import pydicom
from hypothesis import HealthCheck, assume, given, settings
from oracle_data import read, walk
from oracle_run import KEYS, compiled
from strategies import Stack, stacks
from strategies_files import files

from deidrules.engine.content import ITEM
from deidrules.engine.instance import Engine
from deidrules.engine.memory import deidentify
from deidrules.text.refusal import Refusal

QUICK = settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)


# ---- outcomes


@QUICK
@given(stacks(), files())
def test_every_element_of_the_input_has_exactly_one_outcome(stack: Stack, data: bytes):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    try:
        result = Engine(one.plan, KEYS).apply(data)
    except Refusal:
        assume(False)
    found = Counter((o.path, o.tag) for o in result.outcomes if o.change != "added" and o.tag != ITEM)
    assert all(times == 1 for times in found.values()), found.most_common(3)
    gone = {(o.path, o.tag) for o in result.outcomes if o.change in ("removed", "emptied", "reduced")}
    taken = Counter(o.path for o in result.outcomes if o.tag == ITEM)  # whole content items
    assert all(times == 1 for times in taken.values())
    claimed = {(o.path, o.tag) for o in result.outcomes if o.change == "claimed"}  # what has no outcome in it is gone
    for path, value in walk(read(data)[0]):
        counted = tuple((tag, number + 1) for tag, number in path)
        around = {(counted[:depth], counted[depth][0]) for depth in range(len(counted))}
        inside = around & gone or any(counted[: depth + 1] in taken for depth in range(len(counted)))
        expected = (0, 1) if around & claimed else (0,) if inside else (1,)
        assert found[counted, value.tag] in expected, (counted, hex(value.tag), one.stack.show())
        del found[counted, value.tag]
    marked = {(0x0012, 0x0062), (0x0012, 0x0063), (0x0012, 0x0064), (0x0018, 0xA001), (0x0028, 0x0303)}
    assert {(tag >> 16, tag & 0xFFFF) for _, tag in found} <= marked


# ---- the input stays


@QUICK
@given(stacks(), files())
def test_the_input_data_set_is_not_changed(stack: Stack, data: bytes):
    one = compiled(stack)
    assume(one is not None)
    assert one is not None
    dataset = pydicom.dcmread(io.BytesIO(data))
    before = copy.deepcopy(dataset)
    try:
        result = deidentify(dataset, one.plan, KEYS)
    except Refusal:
        result = None
    assert dataset == before
    assert dataset.file_meta == before.file_meta
    assert result is None or result is not dataset
