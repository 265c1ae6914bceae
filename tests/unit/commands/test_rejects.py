from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.commands.rejects import Rejects
from app.errors import Issue, RequestError
from app.fhir.json import decode
from app.intake.load import Loaded
from app.intake.verdict import MOST

if TYPE_CHECKING:
    from collections.abc import Callable

ISSUE = Issue("error", "invalid", "wrong", "faux", "Patient.gender")


def refused(sent: Any, source: str = "a:1") -> Loaded:
    return Loaded(source, "", changed=False, issues=(ISSUE,), sent=sent)


def lines(path: Path) -> list[Any]:
    return [decode(line) for line in path.read_bytes().splitlines()]


def test_nothing_refused_is_no_file(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "en"):
        pass
    assert not (tmp_path / "r").exists()


def test_a_line_has_the_source_the_resource_and_its_outcome(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "fr") as rejects:
        rejects.add(refused(b'{"resourceType":"Patient","gender":"x"}'))
    [line] = lines(tmp_path / "r")
    assert (line["source"], line["resource"]) == ("a:1", {"resourceType": "Patient", "gender": "x"})
    assert line["outcome"]["issue"][0]["details"]["text"] == "faux"


def test_what_is_no_json_is_there_as_text(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "en") as rejects:
        rejects.add(refused(b'{"a": \xff'))
        rejects.add(refused(b'{"a": 1, "a": 2}'))
    assert [line["text"] for line in lines(tmp_path / "r")] == ['{"a": \ufffd', '{"a": 1, "a": 2}']


def test_of_what_is_too_large_or_unreadable_the_source_is_told(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "en") as rejects:
        rejects.add(refused(b" " * (MOST + 1)))
        rejects.add(refused(RequestError("away", "absent")))
    assert [set(line) for line in lines(tmp_path / "r")] == [{"source", "outcome"}] * 2


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "en") as rejects:
        rejects.add(refused(b"1"))
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o600


def test_lines_are_added_to_those_of_an_earlier_load(tmp_path: Path) -> None:
    for source in ("a:1", "b:1"):
        with Rejects(tmp_path / "r", "en") as rejects:
            rejects.add(refused(b"1", source))
    assert [line["source"] for line in lines(tmp_path / "r")] == ["a:1", "b:1"]


def test_what_was_added_after_a_size_was_told_can_be_cut(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "en") as rejects:
        rejects.add(refused(b"1", "a:1"))
        sizes = rejects.flushed()
        rejects.add(refused(b"1", "a:2"))
    Rejects(tmp_path / "r", "en").cut(sizes)
    assert [line["source"] for line in lines(tmp_path / "r")] == ["a:1"]


def test_another_file_is_never_cut(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("mine", encoding="utf-8")
    Rejects(other, "en").cut({str(tmp_path / "r"): 0})
    assert other.read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with Rejects(tmp_path / "nowhere" / "r", "en") as rejects, pytest.raises(RequestError, match="--rejects"):
        rejects.add(refused(b"1"))


def test_what_was_added_before_there_was_a_size_is_taken_away_too(tmp_path: Path) -> None:
    with Rejects(tmp_path / "r", "en") as rejects:
        sizes = rejects.flushed()
        rejects.add(refused(b"1"))
    Rejects(tmp_path / "r", "en").cut(sizes)
    assert lines(tmp_path / "r") == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("end", [Rejects.flushed, lambda _: None])
def test_a_full_disk_is_told_at_the_latest_in_the_end(end: Callable[[Rejects], object]) -> None:
    def added() -> None:
        with Rejects(Path("/dev/full"), "en") as rejects:
            rejects.add(refused(b"1"))
            end(rejects)

    with pytest.raises(RequestError, match="/dev/full"):
        added()
