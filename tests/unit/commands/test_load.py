from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.commands import load as loading
from app.commands.load import STOPPED, Options, load_files
from app.errors import StoreUnavailable
from app.fhir.json import decode, encode
from app.intake.load import load as original
from app.settings import Settings, read_settings
from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"DMI_STORE": f"embedded:{tmp_path / 'data'}"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "patients.ndjson"
    resources = [patient(id=f"p{number}", gender="x" if number == 3 else None) for number in range(10)]
    path.write_bytes(b"".join(encode(each) + b"\n" for each in resources))
    return path


async def load_until(number: int, *arguments: Any) -> AsyncIterator[Any]:
    """As `load`, on a store that goes away after so many resources."""
    async for each in original(*arguments):
        if not number:
            raise StoreUnavailable("The store is away.", "La base est absente.")
        number -= 1
        yield each


async def test_a_load_whose_store_goes_away_says_how_to_go_on_and_does(
    settings: Settings, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rejects = tmp_path / "rejects.ndjson"
    monkeypatch.setattr(loading, "NOTED", 5)
    monkeypatch.setattr(loading, "load", lambda *given: load_until(7, *given))
    assert await load_files(settings, [file], Options(rejects)) == STOPPED
    assert "--resume" in capsys.readouterr().err
    monkeypatch.setattr(loading, "load", original)
    assert await load_files(settings, [file], Options(rejects, resume=True, as_json=True)) == 1
    said = capsys.readouterr()
    assert "Going on after 5 resources." in said.err
    told = decode(said.out)
    assert (told["stored"] + told["same"], told["refused"]) == (9, 1)
    assert len(rejects.read_bytes().splitlines()) == 1


async def test_findings_are_shown_of_some_and_the_others_are_counted(
    settings: Settings, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loading, "SHOWN", 0)
    assert await load_files(settings, [file], Options(tmp_path / "r")) == 1
    said = capsys.readouterr().err
    assert "Patient.gender" not in said
    assert "9 stored, 0 already there, 1 refused." in said


async def test_a_load_that_came_to_its_end_is_not_begun_anew_by_resume(
    settings: Settings, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rejects = tmp_path / "rejects.ndjson"
    for resume, stored in ((False, 9), (True, 9), (False, 0)):
        assert await load_files(settings, [file], Options(rejects, resume=resume, as_json=True)) == 1
        said = capsys.readouterr()
        assert decode(said.out)["stored"] == stored
        assert ("came to its end after 10 resources" in said.err) == resume
        assert "was interrupted" not in said.err
    assert len(rejects.read_bytes().splitlines()) == 2  # one for each time that all was read
