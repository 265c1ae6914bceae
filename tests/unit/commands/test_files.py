from __future__ import annotations

import gzip
import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from app.commands.files import STANDARD_INPUT, Reading, files_in, identity_of, size_of
from app.errors import DmiError, NotFound, RequestError
from app.intake.verdict import MOST

if TYPE_CHECKING:
    from pathlib import Path

PATIENT = b'{"resourceType":"Patient"}'


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(*paths: Path) -> list[tuple[str, bytes | DmiError]]:
    return list(Reading(files_in(paths)))


def contents(*paths: Path) -> list[bytes | DmiError]:
    return [content for _, content in read(*paths)]


def test_a_json_file_is_one_resource(tmp_path: Path) -> None:
    file = written(tmp_path / "a.json", b'{\n  "resourceType": "Patient"\n}\n')
    assert read(file) == [(str(file), b'{\n  "resourceType": "Patient"\n}\n')]


def test_each_line_of_ndjson_is_a_resource_told_by_its_number(tmp_path: Path) -> None:
    file = written(tmp_path / "a.ndjson", b"1\n2\n")
    assert read(file) == [(f"{file}:1", b"1"), (f"{file}:2", b"2")]


def test_lines_may_end_as_in_windows_and_the_last_one_need_not_end(tmp_path: Path) -> None:
    assert contents(written(tmp_path / "a.ndjson", b"1\r\n2")) == [b"1", b"2"]


def test_blank_lines_are_no_resources_but_are_counted(tmp_path: Path) -> None:
    file = written(tmp_path / "a.ndjson", b"\n1\n  \n2\n")
    assert read(file) == [(f"{file}:2", b"1"), (f"{file}:4", b"2")]


def test_an_empty_file_of_lines_has_no_resource(tmp_path: Path) -> None:
    assert read(written(tmp_path / "a.ndjson", b"")) == []


def test_gzip_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    named = written(tmp_path / "a.ndjson.gz", gzip.compress(b"1\n2\n"))
    unnamed = written(tmp_path / "b.ndjson", gzip.compress(b"3\n") + gzip.compress(b"4\n"))
    assert contents(named, unnamed) == [b"1", b"2", b"3", b"4"]


def test_gzip_that_is_cut_gives_what_is_whole_and_says_where_it_ends(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b'{"number":%d}\n' % n for n in range(20_000)))
    *whole, (source, last) = read(written(tmp_path / "a.ndjson.gz", packed[: len(packed) // 2]))
    assert whole[0][1] == b'{"number":0}'
    assert source.endswith(f":{len(whole) + 1}")
    assert isinstance(last, DmiError)
    assert "gzip" in last.en


def test_gzip_that_is_altered_does_not_stop_the_next_file(tmp_path: Path) -> None:
    broken = written(tmp_path / "a.ndjson.gz", gzip.compress(b"1\n" * 9)[:12] + b"\xff" * 40)
    *_, last = contents(broken, written(tmp_path / "b.ndjson", b"2\n"))
    assert last == b"2"


def test_a_bomb_of_one_line_is_never_whole_in_memory(tmp_path: Path) -> None:
    packed = gzip.compress(b" " * (3 * MOST) + b"\n1\n")
    bomb, line = contents(written(tmp_path / "a.ndjson.gz", b"" + gzip.compress(b"x") + packed))
    assert isinstance(bomb, bytes)
    assert len(bomb) == MOST + 1
    assert line == b"1"


def test_of_a_document_that_is_too_large_as_much_is_read_as_tells_that(tmp_path: Path) -> None:
    [content] = contents(written(tmp_path / "a.json", b"[" + b" " * (MOST + 10) + b"]"))
    assert isinstance(content, bytes)
    assert len(content) == MOST + 1


def test_a_folder_gives_its_resources_and_no_other_files(tmp_path: Path) -> None:
    written(tmp_path / "in" / "b.json", b"2")
    written(tmp_path / "in" / "a.ndjson", b"1\n")
    written(tmp_path / "in" / "deep" / "c.json.gz", gzip.compress(b"3"))
    written(tmp_path / "in" / "notes.txt", b"no")
    written(tmp_path / "in" / "export.state", b"{}")
    assert contents(tmp_path / "in") == [b"1", b"2", b"3"]


def test_links_that_go_round_in_a_circle_are_not_followed(tmp_path: Path) -> None:
    written(tmp_path / "in" / "a.json", b"1")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "self.json").symlink_to(tmp_path / "in" / "self.json")
    (tmp_path / "in" / "gone.json").symlink_to(tmp_path / "nowhere.json")
    assert contents(tmp_path / "in") == [b"1"]


def test_the_same_file_is_read_once(tmp_path: Path) -> None:
    file = written(tmp_path / "a.json", b"1")
    (tmp_path / "link.json").symlink_to(file)
    assert contents(file, tmp_path, file) == [b"1"]


def test_a_path_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.json"):
        files_in([tmp_path / "nowhere.json"])


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_may_not_be_read_is_told_and_the_next_one_is_read(tmp_path: Path) -> None:
    forbidden = written(tmp_path / "a.json", b"1")
    forbidden.chmod(0)
    first, second = contents(forbidden, written(tmp_path / "b.json", b"2"))
    assert isinstance(first, DmiError)
    assert second == b"2"


def test_a_file_that_goes_away_before_it_is_read_is_told(tmp_path: Path) -> None:
    file = written(tmp_path / "a.json", b"1")
    reading = Reading(files_in([file]))
    file.unlink()
    [(source, content)] = reading
    assert source == str(file)
    assert isinstance(content, DmiError)


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[bytes | DmiError]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(content))))
    return contents(STANDARD_INPUT)


def test_standard_input_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(monkeypatch, PATIENT + b"\n" + PATIENT + b"\n") == [PATIENT, PATIENT]


def test_standard_input_of_one_laid_out_document(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = b'{\n "resourceType": "Patient"\n}\n'
    assert piped(monkeypatch, laid_out) == [laid_out]


def test_a_broken_first_line_of_standard_input_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(monkeypatch, b'{"resourceType": "Pat\n' + PATIENT) == [b'{"resourceType": "Pat', PATIENT]


def test_standard_input_in_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(monkeypatch, gzip.compress(PATIENT + b"\n")) == [PATIENT]


def test_the_size_and_identity_of_a_pipe_are_not_known(tmp_path: Path) -> None:
    files = files_in([written(tmp_path / "a.json", b"1"), STANDARD_INPUT])
    assert size_of(files) is None
    assert identity_of(files) is None


def test_files_that_were_changed_are_others(tmp_path: Path) -> None:
    file = written(tmp_path / "a.json", b"1")
    before = identity_of(files_in([file]))
    assert identity_of(files_in([file])) == before
    written(file, b"22")
    assert identity_of(files_in([file])) != before


def test_the_position_ends_at_the_size_of_all(tmp_path: Path) -> None:
    files = files_in([written(tmp_path / "a.ndjson.gz", gzip.compress(b"1\n2\n")), written(tmp_path / "b.json", b"3")])
    reading = Reading(files)
    positions = [reading.position for _ in reading]
    assert positions == sorted(positions)
    assert reading.position == size_of(files)


def test_the_file_for_rejects_is_not_read_in_a_folder_and_not_taken_by_name(tmp_path: Path) -> None:
    written(tmp_path / "a.json", b"1")
    rejects = written(tmp_path / "rejects.ndjson", b"2\n")
    assert [file.path.name for file in files_in([tmp_path], without=rejects)] == ["a.json"]
    with pytest.raises(RequestError, match="--rejects"):
        files_in([rejects], without=rejects)


def test_a_name_that_is_no_utf_8_can_be_told(tmp_path: Path) -> None:
    file = written(tmp_path / os.fsdecode(b"caf\xe9.json"), b"1")
    assert read(file) == [(f"{tmp_path}/caf\ufffd.json", b"1")]
