"""What stands for the whole of a run is out of the collector's way, and comes back."""

from __future__ import annotations

import gc

import pytest

from deidrules.run.memory import settled_memory


def test_the_collector_gets_back_what_it_was_spared() -> None:
    assert gc.get_freeze_count() == 0
    with settled_memory():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0


def test_it_comes_back_after_a_failure() -> None:
    with pytest.raises(KeyError), settled_memory():
        raise KeyError
    assert gc.get_freeze_count() == 0


def test_what_a_caller_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        with settled_memory():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
