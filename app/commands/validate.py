"""`validate`: resources in files are checked, and nothing is stored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.commands.files import Reading, files_in, size_of
from app.commands.progress import progress_bar
from app.commands.report import show_findings, terminal_language, verdict_line
from app.errors import DmiError
from app.intake.verdict import Verdict, judge
from app.main import validator_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.settings import Settings


def validate_files(settings: Settings, paths: Sequence[Path], *, as_json: bool) -> int:
    """Check the resources of the files, and print tables or lines of JSON. The exit code: 1 where any is invalid."""
    validator, language = validator_of(settings), terminal_language(os.environ)
    files = files_in(paths)
    reading = Reading(files)
    valid = invalid = 0
    with progress_bar(size_of(files)) as bar:
        for source, text in reading:
            verdict = Verdict(None, text.issues) if isinstance(text, DmiError) else judge(validator, text)
            if as_json:
                print(verdict_line(source, verdict.issues, language, valid=verdict.valid))  # noqa: T201 - the answer
            else:
                show_findings(bar.console, source, verdict.issues, language)
            valid += verdict.valid
            invalid += not verdict.valid
            bar.at(reading.position, valid + invalid)
    told = {"en": f"{valid} valid, {invalid} invalid.", "fr": f"{valid} valides, {invalid} non valides."}
    bar.console.print(told[language])
    return 1 if invalid else 0
