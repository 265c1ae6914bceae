from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.builders import procedure
from tests.end_to_end.processes import command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def invalid(tmp_path: Path) -> Path:
    file = tmp_path / "invalid.json"
    file.write_text(json.dumps(procedure(status="finished")), encoding="utf-8")
    return file


def test_a_valid_file_is_exit_code_0(tmp_path: Path) -> None:
    file = tmp_path / "valid.json"
    file.write_text(json.dumps(procedure()), encoding="utf-8")
    result = command("validate", str(file))
    assert (result.returncode, result.stdout) == (0, "")
    assert "1 valid, 0 invalid." in result.stderr


def test_an_invalid_file_is_exit_code_1_and_a_table_of_what_to_do(invalid: Path) -> None:
    result = command("validate", str(invalid))
    assert result.returncode == 1
    assert "Procedure.status" in result.stderr
    assert "finished" not in result.stderr


def test_the_table_is_french_in_a_french_locale(invalid: Path) -> None:
    assert "doit" in command("validate", str(invalid), LC_ALL="fr_FR.UTF-8").stderr


def test_json_is_a_line_for_each_resource(invalid: Path) -> None:
    result = command("validate", "--format", "json", str(invalid))
    (line,) = result.stdout.splitlines()
    verdict = json.loads(line)
    assert (result.returncode, verdict["valid"], verdict["source"]) == (1, False, str(invalid))
    assert verdict["outcome"]["issue"][0]["expression"] == ["Procedure.status"]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    result = command("validate", str(tmp_path / "nowhere.json"))
    assert result.returncode == 1
    assert "There is no file" in result.stderr
    assert "Traceback" not in result.stderr
