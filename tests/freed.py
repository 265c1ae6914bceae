"""Whether objects are freed as soon as nobody needs them, without a search for circles of them."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def without_search() -> Iterator[None]:
    """Python looks for no circles inside; what was there before is not looked at again, which takes a second."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def freed(*types: type) -> bool:
    """Whether there is no object of these types that was made inside. They are not asked for their class: some pretend
    to be others."""
    return set(types).isdisjoint(map(type, gc.get_objects()))
