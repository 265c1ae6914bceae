from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.web.published import Operation, manifest, operations_directory, read_operations, trusted_operations


def test_the_identifier_is_that_of_the_appendix_on_persisted_documents() -> None:
    query = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"
    expected = "sha256:7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"
    assert Operation("user.graphql", "user", "", query, None).id == expected


def test_operations_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.graphql").write_text("query B { id }")
    (tmp_path / "a.graphql").write_text("query A { id }")
    (tmp_path / "README.md").write_text("# no operation")
    assert [operation.name for operation in read_operations(tmp_path)] == ["a", "b"]


def test_a_number_in_front_orders_operations_and_is_no_part_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "02-a.graphql").write_text("query A { id }")
    (tmp_path / "01-b.graphql").write_text("query B { id }")
    assert [operation.name for operation in read_operations(tmp_path)] == ["b", "a"]


def test_the_leading_comment_describes_an_operation(tmp_path: Path) -> None:
    text = "# Les porteurs\n#  d’un lot.\nquery Lot {\n  # not this one\n  id\n}\n"
    (tmp_path / "lot.graphql").write_text(text, encoding="utf-8")
    (operation,) = read_operations(tmp_path)
    assert operation.description == "Les porteurs d’un lot."
    assert operation.query == text


def test_an_operation_without_comment_has_no_description(tmp_path: Path) -> None:
    (tmp_path / "lot.graphql").write_text("query Lot { id }\n# later")
    assert read_operations(tmp_path)[0].description == ""


def test_variables_are_kept_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "lot.graphql").write_text("query Lot($lot: String) { id }")
    (tmp_path / "lot.variables.json").write_text('{ "lot": "L-1", "weight": 1.50 }\n')
    assert read_operations(tmp_path)[0].variables == '{ "lot": "L-1", "weight": 1.50 }\n'


def test_no_folder_means_no_operations(tmp_path: Path) -> None:
    assert read_operations(tmp_path / "absent") == ()


def test_in_a_checkout_the_operations_are_those_of_the_published_contract() -> None:
    assert operations_directory() == Path(__file__).parents[3] / "graphql" / "operations"


def test_the_variables_of_every_published_operation_are_a_json_object() -> None:
    written = [operation.variables for operation in read_operations(operations_directory())]
    assert all(isinstance(json.loads(variables), dict) for variables in written if variables is not None)


def folder(path: Path) -> Path:
    """A folder with two operations and their manifest."""
    (path / "a.graphql").write_text("query A { id }")
    (path / "b.graphql").write_text("# b\nmutation B { id }")
    (path / "manifest.json").write_text(manifest(read_operations(path)))
    return path


def test_the_manifest_tells_identifier_file_name_and_type(tmp_path: Path) -> None:
    first, second = json.loads((folder(tmp_path) / "manifest.json").read_text())["operations"]
    assert first == {"id": read_operations(tmp_path)[0].id, "file": "a.graphql", "name": "A", "type": "query"}
    assert (second["name"], second["type"]) == ("B", "mutation")


def test_operations_that_the_manifest_lists_are_trusted(tmp_path: Path) -> None:
    assert trusted_operations(folder(tmp_path)) == read_operations(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("c.graphql", "query C { id }"),
        ("b.graphql", "mutation B { all }"),
        ("manifest.json", '{"operations": []}'),
        ("manifest.json", '{"operations": {"a.graphql": 1}}'),
        ("manifest.json", "[]"),
    ],
)
def test_operations_that_differ_from_the_manifest_are_named_and_not_trusted(
    tmp_path: Path, file: str, text: str
) -> None:
    (folder(tmp_path) / file).write_text(text)
    with pytest.raises(SettingsError, match=file if file.endswith("graphql") else "a.graphql, b.graphql"):
        trusted_operations(tmp_path)


def test_without_a_manifest_nothing_is_trusted(tmp_path: Path) -> None:
    (folder(tmp_path) / "manifest.json").unlink()
    with pytest.raises(SettingsError, match="schema --operations"):
        trusted_operations(tmp_path)


def test_an_operation_that_is_gone_is_missed(tmp_path: Path) -> None:
    (folder(tmp_path) / "a.graphql").unlink()
    with pytest.raises(SettingsError, match=r"a\.graphql"):
        trusted_operations(tmp_path)
