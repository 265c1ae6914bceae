"""The page as a person uses it: in a real browser, in front of the real server, with no other network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.end_to_end.node import needs_browser, seen_by
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.processes import Server

LOT: Final = "RPG23029001"
RECALLED: Final = """
    query ($lot: [String]) {
      ImplantRecall(lot: $lot, first: 100) { totals { patients devices procedures } edges { node { patient { id } } } }
      ImplantStock(lot: $lot) { count }
    }
"""
STATISTICS: Final = """
    {
      all: DmiStatistics { procedures stock { expired } }
      recent: DmiStatistics(from: "2025-01-01") { procedures }
    }
"""
EXPIRING: Final = """
    query ($before: String) {
      ImplantStock(expiresBefore: $before, _sort: "expiration_date") {
        edges { node { device { lotNumber serialNumber } } }
      }
    }
"""
MADE: Final = ("401 (Unauthorized)", "intake: Failed to load resource: net::ERR_FAILED")
VERSIONED: Final = "dmi-procedure-example"
PATCH: Final = "mutation ($id: ID!, $patch: FHIR!) { ProcedurePatch(id: $id, patch: $patch) { location } }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    needs_browser()
    with serving(DMI_STORE=f"embedded:{tmp_path_factory.mktemp('store')}") as running:
        yield running


@pytest.fixture(scope="module")
def stocked(server: Server) -> str:
    """A device in stock."""
    stock = server.ask('{ ImplantStock(emdn: ["P", "J", "C", "L"], first: 1) { edges { node { device { id } } } } }')
    found: str = stock["data"]["ImplantStock"]["edges"][0]["node"]["device"]["id"]
    return found


@pytest.fixture(scope="module")
def findings(server: Server, stocked: str) -> dict[str, Any]:
    status = {"op": "replace", "path": "/status", "value": "completed"}
    note = {"op": "add", "path": "/note", "value": [{"text": "1.50"}]}
    for patch in ([status], [{**status, "value": "stopped"}, note]):
        assert "errors" not in server.ask(PATCH, {"id": VERSIONED, "patch": patch})
    found: dict[str, Any] = seen_by("dashboard.mjs", server.url, stocked)
    return found


@pytest.fixture(scope="module")
def recall(findings: dict[str, Any]) -> dict[str, Any]:
    page: dict[str, Any] = findings["pages"]["recall"]
    return page


@pytest.fixture(scope="module")
def recalled(server: Server) -> dict[str, Any]:
    data: dict[str, Any] = server.ask(RECALLED, {"lot": [LOT]})["data"]
    return data


def test_nothing_outside_the_server_is_asked_for(findings: dict[str, Any]) -> None:
    assert findings["foreign"] == []


def test_the_content_security_policy_is_kept(findings: dict[str, Any]) -> None:
    assert findings["violations"] == []


def test_the_console_shows_no_error_but_those_that_the_test_makes(findings: dict[str, Any]) -> None:
    assert [each for each in findings["errors"] if not any(made in each for made in MADE)] == []


def test_the_page_begins_with_the_recall_in_the_language_of_the_browser(findings: dict[str, Any]) -> None:
    assert findings["pages"]["recall"]["title"] == "Recall – dmi-graph"
    assert findings["pages"]["recall"]["language"] == "en"
    assert findings["pages"]["scan"]["language"] == "fr"


def test_the_recall_of_a_lot_leads_to_its_patients(recall: dict[str, Any], recalled: dict[str, Any]) -> None:
    patients = [edge["node"]["patient"]["id"] for edge in recalled["ImplantRecall"]["edges"]]
    assert patients
    assert recall["meaning"] == "Read as\nLot"
    assert recall["order"] == patients


def test_the_totals_are_those_of_the_recall_and_of_the_stock(recall: dict[str, Any], recalled: dict[str, Any]) -> None:
    expected = {name: str(count) for name, count in recalled["ImplantRecall"]["totals"].items()}
    assert recall["totals"] == {
        **expected,
        "inStock": str(recalled["ImplantStock"]["count"]),
        "withoutProcedure": "0",
    }


def test_the_table_is_turned_round_by_its_head(recall: dict[str, Any]) -> None:
    assert recall["turned"] == recall["order"][::-1]


def test_the_table_is_downloaded_whole(recall: dict[str, Any]) -> None:
    assert recall["file"]["name"] == "recall.csv"
    rows = recall["file"]["text"].strip().splitlines()
    assert len(rows) == len(recall["order"]) + 1
    assert all(LOT in row for row in rows[1:])


def test_a_recall_outlives_a_reload(recall: dict[str, Any]) -> None:
    assert recall["reloaded"] == recall["totals"]


def test_a_long_list_has_pages(recall: dict[str, Any]) -> None:
    assert recall["secondPage"] > 0


def test_a_recall_too_large_to_be_counted_is_listed_all_the_same(recall: dict[str, Any]) -> None:
    assert recall["tooMany"]
    assert recall["listBesideTooMany"] == len(recall["order"])


def test_a_token_that_is_asked_for_is_sent_and_stands_in_no_address(recall: dict[str, Any]) -> None:
    assert recall["authorization"] == "Bearer a.b.c"
    assert "a.b.c" not in recall["address"]


def test_a_scanned_code_is_read(findings: dict[str, Any]) -> None:
    scan = findings["pages"]["scan"]
    assert "02990000000361" in scan["said"]
    assert "29 juin 2027" in scan["said"]
    assert scan["meanings"][0] == "Ce lot de ce modèle"
    assert int(scan["totals"]["patients"]) > 0


def test_what_is_scanned_next_takes_the_place_of_the_first(findings: dict[str, Any]) -> None:
    assert findings["pages"]["scan"]["scannedNext"] == LOT


def test_a_tablet_shows_the_whole_width(findings: dict[str, Any]) -> None:
    assert findings["pages"]["scan"]["width"] <= 0


def test_a_patient_shows_each_implant_with_its_lot_and_who_implanted_it(
    findings: dict[str, Any], recalled: dict[str, Any]
) -> None:
    patient = recalled["ImplantRecall"]["edges"][0]["node"]["patient"]["id"]
    text = findings["pages"]["patient"]["patient"]["text"]
    assert patient in text
    assert LOT in text
    assert "Surgeon" in text
    assert "Hospital" in text


def test_a_device_tells_in_whom_it_is(findings: dict[str, Any]) -> None:
    seen = findings["pages"]["patient"]
    name = seen["patient"]["text"].splitlines()[0]
    assert name in seen["device"]["text"]


def test_a_device_in_stock_tells_where_it_is(findings: dict[str, Any]) -> None:
    assert "Place" in findings["pages"]["stocked"]["text"]


def test_a_procedure_shows_its_stored_json(findings: dict[str, Any]) -> None:
    raw = findings["pages"]["patient"]["raw"]
    assert raw["resourceType"] == "Procedure"
    assert raw["id"] in findings["pages"]["patient"]["procedure"]["text"]


def test_what_changed_between_two_versions_is_shown(findings: dict[str, Any]) -> None:
    latest, earliest = (
        {path: "".join(values) for path, *values in (row.split("\t") for row in findings["pages"]["versions"][name])}
        for name in ("latest", "all")
    )
    assert set(latest) == set(earliest) == {"Procedure.status", "Procedure.note"}
    assert latest["Procedure.status"] == '"completed""stopped"'
    assert earliest["Procedure.status"] == '"preparation""stopped"'


def test_a_record_that_is_not_there_is_said_to_be_absent(findings: dict[str, Any]) -> None:
    assert findings["pages"]["absent"]["title"] == "Patient – dmi-graph"


def test_the_overview_shows_the_figures_of_the_statistics(findings: dict[str, Any], server: Server) -> None:
    statistics = server.ask(STATISTICS)["data"]
    # The intake check, which comes after the overview, stores one more.
    before = statistics["all"]["procedures"] - 1
    assert findings["pages"]["overview"]["totals"]["procedures"] == str(before)
    assert findings["pages"]["overview"]["totals"]["stockExpired"] == str(statistics["all"]["stock"]["expired"])
    assert findings["pages"]["overview"]["period"]["procedures"] == str(statistics["recent"]["procedures"] - 1)


def test_the_overview_lists_what_in_stock_has_expired_the_oldest_first(
    findings: dict[str, Any], server: Server
) -> None:
    rows = findings["pages"]["overview"]["expiring"]
    before = (datetime.now(UTC).date() + timedelta(days=91)).isoformat()
    expired = server.ask(EXPIRING, {"before": before})["data"]["ImplantStock"]["edges"]
    assert len(rows) == len(expired) > 1
    for row, edge in zip(rows, expired, strict=True):
        device = edge["node"]["device"]
        assert (device["lotNumber"] or device["serialNumber"]) in row


def test_the_overview_tells_how_completely_devices_are_recorded(findings: dict[str, Any]) -> None:
    text = findings["pages"]["overview"]["text"]
    assert "Lot or serial number" in text
    assert "Stents coronaires" in text


def test_an_invalid_paste_shows_the_line_of_what_is_wrong(findings: dict[str, Any]) -> None:
    seen = findings["pages"]["intake"]
    (finding,) = (each for each in seen["findings"] if "Procedure.status" in each)
    assert finding.startswith(f"Ligne {seen['wrongLine']}")
    assert "doit être" in finding
    assert f"{seen['wrongLine']} ●" in [each.strip() for each in seen["marked"]]
    assert "nonsense" in seen["selected"]
    assert seen["sendable"] == 0


def test_a_verdict_is_not_shown_beside_another_text(findings: dict[str, Any]) -> None:
    assert findings["pages"]["intake"]["afterChange"] == 0


def test_a_procedure_that_breaks_no_rule_has_no_finding(findings: dict[str, Any]) -> None:
    found = findings["pages"]["intake"]
    assert (found["verdict"], found["findingsOfNone"]) == ("Elle serait conservée : aucune règle n’est enfreinte.", 0)


def test_what_is_sent_again_after_its_answer_got_lost_is_stored_once(findings: dict[str, Any], server: Server) -> None:
    found = server.ask('{ ProcedureList(identifier: "from-the-page") { id } }')
    assert found["data"]["ProcedureList"] == [{"id": findings["pages"]["intake"]["stored"]}]


def test_a_text_that_is_no_json_shows_where_it_breaks(findings: dict[str, Any]) -> None:
    (finding,) = findings["pages"]["intakeDark"]["findings"]
    assert finding.startswith("Line 3")


@pytest.mark.parametrize("name", ["patient", "device", "procedure"])
def test_axe_finds_no_serious_fault_in_records(findings: dict[str, Any], name: str) -> None:
    assert findings["pages"]["patient"][name]["faults"] == []


@pytest.mark.parametrize(
    ("page", "state"),
    [
        ("recall", "start"),
        ("recall", "answer"),
        ("recall", "nothing"),
        ("recall", "dialog"),
        ("scan", "faults"),
        ("versions", "faults"),
        ("stocked", "faults"),
        ("absent", "faults"),
        ("overview", "faults"),
        ("intake", "empty"),
        ("intake", "refused"),
        ("intakeDark", "faults"),
        ("playground", "faults"),
    ],
)
def test_axe_finds_no_serious_fault(findings: dict[str, Any], page: str, state: str) -> None:
    assert findings["pages"][page][state] == []
