"""Resources in files: JSON, NDJSON, folders of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SUFFIXES = (".json", ".ndjson")


def resource_texts(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """(where, JSON text) of every resource; a line of NDJSON is `file:line`. Raises NotFound for a path that is not
    there."""
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
            yield from resource_texts(inside)
        elif path.suffix == ".ndjson":
            yield from _lines(path)
        else:
            yield str(path), _opened(path).read_bytes()


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    with _opened(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield f"{path}:{number}", line


def _opened(path: Path) -> Path:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", f"Il n’y a pas de fichier {path}.")
    return path


def size_of(paths: Iterable[Path]) -> int:
    """The bytes in all of the files, for a progress bar."""
    return sum(
        sum(inside.stat().st_size for inside in path.rglob("*") if inside.suffix in SUFFIXES and inside.is_file())
        if path.is_dir()
        else _opened(path).stat().st_size
        for path in paths
    )
