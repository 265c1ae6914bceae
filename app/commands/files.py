"""Resources in files: JSON, NDJSON, either of them in gzip, folders of them, standard input; a line at a time.

What is in a file is told by its first bytes where the name does not tell it: gzip by its mark, NDJSON by a first line
that does not go on in the next one. A line or document too large for a resource is not read into memory.
"""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING, Final

from app.errors import NotFound, RequestError
from app.intake.verdict import MOST
from app.upkeep import history_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from io import BufferedReader

    from app.errors import DmiError

STANDARD_INPUT: Final = Path("-")
SUFFIXES: Final = tuple(f"{kind}{packed}" for kind in (".json", ".ndjson") for packed in ("", ".gz"))
_GZIP: Final = b"\x1f\x8b"
_GOES_ON: Final = (b"{", b"[", b",")
"""How the first line ends of a JSON text that is laid out over several lines."""

_DAMAGED: Final = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class File:
    """A file with resources, and its size in bytes, None where that is not known (a pipe)."""

    path: Path
    size: int | None
    modified: int = 0


def files_in(paths: Iterable[Path], *, without: Path | None = None) -> list[File]:
    """The files that are meant, in order, each once: those named, and those in folders whose names end in SUFFIXES.

    Links to folders are not followed. `without` is one that is not read. Raises NotFound for a path that is not there,
    and RequestError where `without` is named itself."""
    found: dict[object, File] = {}
    avoided = _identity(without) if without else None
    for path in paths:
        for place, inside in _places(path):
            file, identity = _file(place), _identity(place)
            if identity != avoided or avoided is None:
                found.setdefault(identity or place, file)
            elif not inside:
                raise _both(place)
    return list(found.values())


def is_history(path: Path) -> bool:
    """Whether a file has whole histories, a line for each resource."""
    return path.name.removesuffix(".gz").endswith(history_line.SUFFIX)


def size_of(files: Iterable[File]) -> int | None:
    """The bytes in all of the files; None where that is not known of one."""
    sizes = [file.size for file in files]
    return None if None in sizes else sum(size for size in sizes if size is not None)


def identity_of(files: Sequence[File]) -> str | None:
    """What tells these files, as they are now, from all others; None where that cannot be told."""
    if size_of(files) is None:
        return None
    told = "\n".join(f"{file.path.resolve()} {file.size} {file.modified}" for file in files)
    return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


class Reading:
    """The resources of files, one after the other. `position` is how many bytes of the files are read."""

    def __init__(self, files: Iterable[File]) -> None:
        self._files = files
        self._before = 0
        self._raw: BufferedReader | None = None

    @property
    def position(self) -> int:
        """The bytes that are read, as they are in the files."""
        return self._before + (self._raw.tell() if self._raw and self._raw.seekable() else 0)

    def __iter__(self) -> Iterator[tuple[str, bytes | DmiError]]:
        """(where, JSON text) of every resource, or why it cannot be read; a line of NDJSON is `file:line`."""
        for file in self._files:
            try:
                with _opened(file.path) as self._raw:
                    yield from _texts(file.path, self._raw)
            except OSError as error:
                yield _told(file.path), _unreadable(file.path, error)
            finally:
                self._raw = None
            self._before += file.size or 0


def _places(path: Path) -> Iterator[tuple[Path, bool]]:
    """(file, whether it was found in a folder) of what a path names."""
    if path != STANDARD_INPUT and path.is_dir():
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (
                (Path(folder, name), True)
                for name in sorted(names)
                if name.endswith(SUFFIXES) and Path(folder, name).is_file()
            )
    else:
        yield path, False


def _file(path: Path) -> File:
    if path == STANDARD_INPUT:
        return File(path, None)
    try:
        status = path.stat()
    except OSError:
        raise NotFound(f"There is no file {path}.", f"Il n’y a pas de fichier {path}.") from None
    return File(path, status.st_size if S_ISREG(status.st_mode) else None, status.st_mtime_ns)


def _identity(path: Path) -> object | None:
    """What two names of the same file have in common; None where there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return None if S_ISDIR(status.st_mode) else (status.st_dev, status.st_ino)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    if path == STANDARD_INPUT:
        yield sys.stdin.buffer  # type: ignore[misc] # a BufferedReader, unless a test has put another in its place
    else:
        with path.open("rb") as raw:
            yield raw


def _texts(path: Path, raw: BufferedReader) -> Iterator[tuple[str, bytes | DmiError]]:
    number, name = 0, _told(path)
    try:
        most = (history_line.MOST if is_history(path) else MOST) + 1
        stream = gzip.GzipFile(fileobj=raw) if raw.peek(len(_GZIP)).startswith(_GZIP) else raw
        first = _line(stream, most)
        if _is_document(path, first):
            yield name, first + stream.read(max(0, most - len(first)))
            return
        while first:
            number += 1
            if first.strip():
                yield f"{name}:{number}", first.rstrip(b"\r\n")
            first = _line(stream, most)
    except _DAMAGED:
        yield f"{name}:{number + 1}", _torn(path)


def _line(stream: BufferedReader | gzip.GzipFile, most: int) -> bytes:
    """The next line, b"" at the end; of a longer one so many bytes."""
    line = rest = stream.readline(most)
    while len(rest) == most and not rest.endswith(b"\n"):
        rest = stream.readline(most)
    return line


def _is_document(path: Path, first: bytes) -> bool:
    """Whether a file has one resource over all of its lines."""
    name = path.name.removesuffix(".gz")
    if name.endswith((".json", ".ndjson")):
        return name.endswith(".json")
    return first.rstrip().endswith(_GOES_ON)


def _told(path: Path) -> str:
    """A path as a text that can be written anywhere."""
    return os.fsencode(path).decode("utf-8", "replace")


def _torn(path: Path) -> RequestError:
    return RequestError(
        f"{_told(path)} is damaged from here on: its gzip is cut or altered. Transfer the file again.",
        f"{_told(path)} est endommagé à partir d’ici : son gzip est tronqué ou altéré. Transférez-le de nouveau.",
    )


def _unreadable(path: Path, error: OSError) -> RequestError:
    return RequestError(
        f"{_told(path)} cannot be read ({error.strerror}). Check its permissions and its disk.",
        f"{_told(path)} ne peut pas être lu ({error.strerror}). Vérifiez ses droits d’accès et son disque.",
    )


def _both(path: Path) -> RequestError:
    return RequestError(
        f"{path} is the file for rejects, and is to be read too. Name another one with --rejects.",
        f"{path} est le fichier des rejets et devrait aussi être lu. Indiquez-en un autre avec --rejects.",
    )
