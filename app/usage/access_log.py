"""The access log: a line of JSON for each request.

Lines are collected for a moment and written by a thread of their own, so that neither a slow disk nor a reader that
stands still keeps a request waiting. What cannot be written is counted and told in the next line that can be.

A line is one write to a file that is opened for appending, and no longer than what a pipe takes at once: the lines of
several processes never mix. https://pubs.opengroup.org/onlinepubs/9799919799/functions/write.html
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence  # noqa: TC003 - msgspec reads the annotations
from contextlib import suppress
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final

import msgspec

from app.errors import SettingsError
from app.fhir.json import encode
from app.usage.use import Kept  # noqa: TC001 - as above

if TYPE_CHECKING:
    from app.usage.record import Record

LOGGER = logging.getLogger("dmi")

STDOUT: Final = "stdout"

MOST_IDS: Final = 20
"""Ids of each type that a line names."""

LONGEST_NAME: Final = 256
"""Characters of the name of a principal, and of the address of a client, which a proxy may tell as any text."""

LONGEST: Final = 4_096
"""Bytes of a line: PIPE_BUF on Linux; POSIX allows less, for pipes only."""

TICK: Final = 0.1
"""Seconds for which lines are collected."""

WAITING: Final = 10_000
"""Lines that may wait to be written; more are dropped."""

LAST: Final = 2.0
"""Seconds that the last lines have at the end."""


class AccessLog:
    """Writes to a file, or to standard output where the path is `stdout`; for use in one event loop.

    A file that was moved away or removed is made anew at the next write, so that any tool may rotate it."""

    def __init__(self, path: str) -> None:
        self._path = "" if path == STDOUT else path
        self._file = 1
        self._lines: list[bytes] = []
        self._batches: SimpleQueue[list[bytes] | None] = SimpleQueue()
        # Each number has one thread that counts it, so that none is lost between two.
        self._noted, self._done = 0, 0
        self._dropped, self._lost, self._told = 0, 0, 0
        self._thread = Thread(target=self._serve, name="dmi-access-log", daemon=True)

    @property
    def missing(self) -> int:
        """Lines that could not be written so far."""
        return self._dropped + self._lost

    def check(self) -> None:
        """Raises SettingsError where the file cannot be written."""
        if self._path:
            os.close(_checked(self._path))

    async def open(self) -> None:
        """Open the file. Raises SettingsError where that cannot be."""
        if self._path:
            self._file = _checked(self._path)
        self._thread.start()

    def note(self, record: Record) -> None:
        """Write the line of a request that is answered, soon."""
        if self._noted - self._done >= WAITING:
            self._dropped += 1
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(TICK, self._hand_over)
        missing = self.missing
        self._lines.append(line(record, missing - self._told))
        self._told = missing
        self._noted += 1

    async def close(self) -> None:
        """Write what waits; a reader that stands still is not waited for."""
        if not self._thread.ident:  # it was never opened
            return
        self._hand_over()
        self._batches.put(None)
        await asyncio.to_thread(self._thread.join, LAST)
        if self._path and not self._thread.is_alive():
            os.close(self._file)

    def _hand_over(self) -> None:
        if self._lines:
            self._batches.put(self._lines)
            self._lines = []

    def _serve(self) -> None:
        works = True
        while (batch := self._batches.get()) is not None:
            # A file takes many lines at once without mixing them with others', a pipe one.
            pieces = [b"".join(batch)] if self._path else batch
            try:
                self._follow()
                for piece in pieces:
                    _write(self._file, piece)
                works = True
            except OSError as error:
                self._lost += len(batch)  # or fewer: nobody knows which were written before it failed
                if works:  # it is said once, until it works again
                    LOGGER.error("the access log cannot be written: %s", error.strerror)  # noqa: TRY400 - no traceback
                works = False
            self._done += len(batch)

    def _follow(self) -> None:
        """Open the file anew where its name no longer leads to it."""
        if not self._path:
            return
        with suppress(FileNotFoundError):
            if os.path.samestat(os.stat(self._path), os.fstat(self._file)):  # noqa: PTH116 - of the same kind as fstat
                return
        fresh = _appending(self._path)
        os.close(self._file)
        self._file = fresh


class Line(msgspec.Struct, omit_defaults=True):
    """The members of a line, in their order; those that say nothing are left out."""

    time: str
    request: str
    trace: str
    status: int
    outcome: str
    ms: float
    client: str = ""
    principal: str = ""
    interaction: str = ""
    target: str = ""
    operation: str = ""
    document: str = ""
    cost: int | None = None
    events: int = 0
    counts: Mapping[str, int] = {}
    read: Mapping[str, Sequence[str]] = {}
    stored: Sequence[Kept] = []
    written: int = 0
    errors: Mapping[str, int] = {}
    dropped: int = 0


def line(record: Record, dropped: int = 0) -> bytes:
    """The line of a request; so many before it were dropped. No longer than LONGEST: ids make room for the rest."""
    use = record.use
    if use is None:
        raise TypeError("nobody has watched this request")
    told = Line(
        use.instant,
        record.id,
        record.span.trace,
        use.status,
        use.outcome,
        round(use.took / 1e6, 2),
        use.client[:LONGEST_NAME],
        use.principal[:LONGEST_NAME],
        use.interaction,
        use.target,
        use.operation,
        use.document,
        use.cost,
        use.events,
        use.given,
        written=len(use.kept),
        errors=use.errors,
        dropped=dropped,
    )
    most = MOST_IDS
    while True:
        told.read = {name: list(islice(ids, most)) for name, ids in use.ids.items() if ids} if most else {}
        told.stored = use.kept[:most]
        text = encode(told) + b"\n"
        if len(text) <= LONGEST or not most:
            return text
        most //= 2


def _write(file: int, text: bytes) -> None:
    while text:
        text = text[os.write(file, text) :]


def _appending(path: str) -> int:
    """A file whose lines are its owner's alone: the ids of patients stand in it."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _checked(path: str) -> int:
    try:
        return _appending(path)
    except OSError as error:
        raise _unwritable(error) from None


def _unwritable(error: OSError) -> SettingsError:
    return SettingsError(
        f"The file that DMI_ACCESS_LOG names cannot be written ({error.strerror}). Name one in a folder that is there "
        "and may be written.",
        f"Le fichier que nomme DMI_ACCESS_LOG ne peut pas être écrit ({error.strerror}). Indiquez-en un dans un "
        "dossier existant et accessible en écriture.",
    )
