"""Garbage collection of a process whose latency matters."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """For loading a process's modules: all of it stays, and looking through it again and again takes a sixth of a
    start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle_garbage_collection() -> None:
    """Leave what was loaded at the start out of every collection: one over the venue's markets or the monitor's
    book takes longer than an order. Young objects are collected as before, only less often; those of middle age
    ten times less often still, since a fan-out holds half a million of them, and looking through these took a
    sixth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 200, 5)
