"""The playground in a real browser, in front of the real server, with no other network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import OperationDefinitionNode, parse

from tests.end_to_end.node import needs_browser, seen_by
from tests.end_to_end.processes import ROOT, serving

if TYPE_CHECKING:
    from pathlib import Path

OPERATIONS = ROOT / "graphql" / "operations"


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    needs_browser()
    with serving(DMI_STORE=f"embedded:{tmp_path_factory.mktemp('store')}") as server:
        found: dict[str, Any] = seen_by("page.mjs", server.url)
    return found


def test_nothing_outside_the_server_is_asked_for(findings: dict[str, Any]) -> None:
    assert findings["foreign"] == []


def test_the_content_security_policy_is_kept(findings: dict[str, Any]) -> None:
    assert findings["violations"] == []


def test_the_console_shows_no_error(findings: dict[str, Any]) -> None:
    assert findings["errors"] == []


@pytest.mark.parametrize("page", ["light", "dark", "prefixed"])
def test_the_first_query_answers_with_data(findings: dict[str, Any], page: str) -> None:
    response = findings["pages"][page]["response"]
    assert "errors" not in response
    assert any(response["data"].values())


@pytest.mark.parametrize("page", ["light", "dark", "prefixed"])
def test_the_title_names_the_view_and_the_product(findings: dict[str, Any], page: str) -> None:
    assert findings["pages"][page]["title"] == "Playground – dmi-graph"


def test_light_and_dark_follow_the_system(findings: dict[str, Any]) -> None:
    assert findings["pages"]["light"]["background"] != findings["pages"]["dark"]["background"]


def test_on_a_first_visit_every_published_operation_is_a_tab_with_its_name(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    assert page["titles"] == [_name(path) for path in sorted(OPERATIONS.glob("*.graphql"))]


def test_the_first_tab_holds_the_first_operation(findings: dict[str, Any]) -> None:
    first = min(OPERATIONS.glob("*.graphql"))
    assert findings["pages"]["light"]["query"].splitlines()[0] == first.read_text(encoding="utf-8").splitlines()[0]


def test_tabs_that_nobody_touched_outlive_a_reload(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    assert page["titlesAfterReload"] == page["titles"]


def test_a_tab_shows_the_variables_of_its_operation(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    assert page["variables"] == (OPERATIONS / "04-procedure-create.variables.json").read_text(encoding="utf-8")
    assert page["variablesEditor"]["x"] > 0
    assert page["variablesEditor"]["height"] > 100


def test_the_tab_of_the_validation_answers_with_a_verdict(findings: dict[str, Any]) -> None:
    assert findings["pages"]["light"]["verdict"]["data"]["ProcedureValidate"]["valid"] is False


def test_the_editors_find_nothing_wrong_with_a_resource_in_the_variables(findings: dict[str, Any]) -> None:
    assert findings["pages"]["light"]["complaints"] == []


def test_going_through_the_tabs_changes_none(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    assert page["titlesAfterUse"] == page["titles"]


def test_an_edited_tab_outlives_a_reload_with_its_variables(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    written = (OPERATIONS / "05-procedure-validate.variables.json").read_text(encoding="utf-8")
    assert page["editedQuery"].startswith("# edited\n")
    assert page["editedVariables"] == written
    assert page["tabsAfterEdit"] == len(page["titles"])


def test_an_example_that_is_open_is_not_opened_twice(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    assert page["examples"] == len(page["titles"])
    assert page["tabsWithOpenExample"] == len(page["titles"])


def test_a_closed_tab_is_opened_again_from_the_examples(findings: dict[str, Any]) -> None:
    page = findings["pages"]["light"]
    assert page["tabsAfterClosing"] == len(page["titles"]) - 1
    assert page["titlesWithReopened"] == page["titles"]


def test_the_explorer_offers_the_fields_of_the_schema(findings: dict[str, Any]) -> None:
    assert "ProcedureList" in findings["pages"]["light"]["explorer"]


def test_a_decimal_is_shown_with_all_its_digits(findings: dict[str, Any]) -> None:
    assert "1.50" in findings["pages"]["light"]["digits"]


def _name(path: Path) -> str:
    (operation, *_fragments) = parse(path.read_text(encoding="utf-8")).definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name
    return operation.name.value
