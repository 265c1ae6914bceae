"""`load`, `demo` and `validate`: many resources at once, with a progress bar and a closing line."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.commands.files import resource_texts, size_of
from app.commands.report import show_findings, terminal, terminal_language, verdict_line
from app.commands.store import opened
from app.demo.hospital import hospital
from app.intake.keep import keep
from app.intake.load import load
from app.intake.verdict import judge
from app.main import validator_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from app.fhir.resource import Resource
    from app.settings import Settings


async def load_files(settings: Settings, files: Sequence[Path]) -> int:
    """Store the valid resources of the files. Answers the exit code: 1 where any was refused."""
    validator, language = validator_of(settings), terminal_language(os.environ)
    stored = same = refused = 0
    async with opened(settings) as store:
        with _progress(size_of(files)) as (console, advance):
            texts = _counted(resource_texts(files), advance)
            async for loaded in load(validator, store, texts):
                show_findings(console, loaded.source, loaded.issues, language)
                stored += loaded.changed
                refused += loaded.refused
                same += not (loaded.changed or loaded.refused)
    told = {
        "en": f"{stored} stored, {same} already there, {refused} refused.",
        "fr": f"{stored} enregistrées, {same} déjà présentes, {refused} refusées.",
    }
    console.print(told[language])
    return 1 if refused else 0


async def load_demo(settings: Settings, procedures: int, seed: int) -> None:
    """Store a synthetic hospital; its resources are valid by construction, which the tests check."""
    stored = 0
    async with opened(settings) as store:
        with _progress(procedures) as (console, advance):
            resources = _counted_procedures(hospital(procedures, seed), advance)
            async for size in keep(store, resources):
                stored += size
    console.print(f"{stored} resources of {procedures} procedures stored.")


def validate_files(settings: Settings, files: Sequence[Path], *, as_json: bool) -> int:
    """Check the resources of the files, and print tables or lines of JSON. The exit code: 1 where any is invalid."""
    validator, language = validator_of(settings), terminal_language(os.environ)
    valid = invalid = 0
    with _progress(size_of(files)) as (console, advance):
        for source, text in _counted(resource_texts(files), advance):
            verdict = judge(validator, text)
            if as_json:
                print(verdict_line(source, verdict.issues, language, valid=verdict.valid))  # noqa: T201 - the answer
            else:
                show_findings(console, source, verdict.issues, language)
            valid += verdict.valid
            invalid += not verdict.valid
    told = {"en": f"{valid} valid, {invalid} invalid.", "fr": f"{valid} valides, {invalid} non valides."}
    console.print(told[language])
    return 1 if invalid else 0


@contextlib.contextmanager
def _progress(total: int) -> Iterator[tuple[Console, Callable[[int], None]]]:
    console = terminal()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield console, lambda done: progress.advance(task, done)


def _counted(texts: Iterable[tuple[str, bytes]], advance: Callable[[int], None]) -> Iterator[tuple[str, bytes]]:
    for source, text in texts:
        advance(len(text))
        yield source, text


def _counted_procedures(resources: Iterable[Resource], advance: Callable[[int], None]) -> Iterator[Resource]:
    for resource in resources:
        advance(resource["resourceType"] == "Procedure")
        yield resource
