"""Scripts for Node.js that look at a running server, with packages of web/node_modules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from app.web.page import STATIC
from tests.end_to_end.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHROMIUM: Final = os.environ.get("DMI_CHROMIUM", "/usr/bin/chromium")
ARTEFACTS: Final = ROOT / "tests" / "artefacts"
"""Where screenshots are put; not committed."""

PATIENCE: Final = 300
"""Seconds in which a script has to end."""


def found_by(script: str, *arguments: str, **environment: str) -> Any:
    """The JSON that a script of this directory prints."""
    done = subprocess.run(
        [shutil.which("node") or "node", str(Path(__file__).parent / script), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def seen_by(script: str, url: str, *arguments: str) -> Any:
    """What a script that opens the page of a server in a browser prints; it puts screenshots beside the tests."""
    ARTEFACTS.mkdir(exist_ok=True)
    return found_by(script, url, str(ARTEFACTS), *arguments, DMI_CHROMIUM=CHROMIUM)


def needs_browser() -> None:
    """Skip the test where the browser, its driver or the built page is missing; in CI that is a failure."""
    needs("playwright-core", _missing())


def _missing() -> Iterator[tuple[str, str]]:
    if not Path(CHROMIUM).is_file():
        yield CHROMIUM, "install chromium, or name it in DMI_CHROMIUM"
    if not STATIC.is_dir():
        yield "the built page", "run `make page`"


def needs(package: str = "", more: Iterable[tuple[str, str]] = ()) -> None:
    """Skip the test where Node.js, the package or one of (what, remedy) is missing; in CI that is a failure."""
    if shutil.which("node") is None:
        _not_here("node is missing: install Node.js")
    if package and not (ROOT / "web" / "node_modules" / package).is_dir():
        _not_here(f"{package} is missing: run `make page`")
    for missing, remedy in more:
        _not_here(f"{missing} is missing: {remedy}")


def _not_here(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
