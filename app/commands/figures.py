"""The folder in which several workers share the figures that `/metrics` tells: `app.usage.metrics` reads there what the
others count."""

from __future__ import annotations

import os
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus_client as it is imported: https://prometheus.github.io/client_python/multiprocess/"""


@contextmanager
def shared_figures(*, wanted: bool) -> Iterator[None]:
    """While this lasts, processes that are started share their figures in a folder of their own."""
    if not wanted:
        yield
        return
    with TemporaryDirectory(prefix="dmi-graph-") as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[VARIABLE]


def forget_figures(pid: int | None) -> None:
    """A process is gone: what it was busy with goes on no more. What it had counted stays."""
    if VARIABLE in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - it reads the variable

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
