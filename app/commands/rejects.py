"""The file of rejects: a line of NDJSON for each resource that was refused, with what is to be corrected.

    {"source": "day.ndjson:7", "resource": {…}, "outcome": {"resourceType": "OperationOutcome", …}}

What is no JSON is there as `text`. Lines are added, never replaced; corrected resources are loaded from a file of their
own. It holds patient data: only its owner may read it.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Final, Self

from app.errors import DmiError, MalformedJson, RequestError
from app.fhir.json import decode_strict, encode
from app.fhir.outcome import operation_outcome
from app.intake.verdict import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from app.fhir.resource import Json
    from app.intake.load import Loaded

_MODE: Final = 0o600


class Rejects:
    """Adds refused resources to a file, which is made when there is one."""

    def __init__(self, path: Path, language: str) -> None:
        self.path = path
        self._language = language
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            try:
                self._file.close()
            except OSError as full:
                if kind is None:
                    raise _unwritable(self.path, full) from None

    def add(self, refused: Loaded) -> None:
        """Add a resource that was refused. Raises RequestError where the file cannot be written."""
        line = {
            "source": refused.source,
            **_content(refused.sent),
            "outcome": operation_outcome(refused.issues, self._language),
        }
        try:
            self._file = self._file or self._opened()
            self._file.write(encode(line) + b"\n")
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def flushed(self) -> dict[str, int]:
        """The size of the file, by its path, once all that was added is in it, and on the disk. Raises RequestError
        where it cannot be written."""
        try:
            if self._file:
                self._file.flush()
                if self.path.is_file():
                    os.fsync(self._file.fileno())
            size = self.path.stat().st_size if self.path.is_file() else 0
        except OSError as error:
            raise _unwritable(self.path, error) from None
        return {str(self.path.resolve()): size}

    def cut(self, sizes: Mapping[str, int]) -> None:
        """Take away what was added behind these sizes, as `flushed` told them: it will be added again."""
        size = sizes.get(str(self.path.resolve()))
        if size is not None and self.path.is_file() and self.path.stat().st_size > size:
            os.truncate(self.path, size)

    def _opened(self) -> IO[bytes]:
        return open(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _MODE), "ab")  # noqa: PTH123 - closed by __exit__; Path.open knows no mode of a new file


def _content(sent: Json | DmiError) -> dict[str, Json]:
    if isinstance(sent, DmiError):
        return {}
    if not isinstance(sent, bytes):
        return {"resource": sent}
    if len(sent) > MOST:
        return {}
    try:
        return {"resource": decode_strict(sent)}
    except MalformedJson:
        return {"text": sent.decode("utf-8", "replace")}


def _unwritable(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"The file for rejects {path} cannot be written ({error.strerror}). Name another one with --rejects.",
        f"Le fichier des rejets {path} ne peut pas être écrit ({error.strerror}). Indiquez-en un autre avec --rejects.",
    )
