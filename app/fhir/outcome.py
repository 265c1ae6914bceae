"""OperationOutcome, the FHIR form of a list of issues. https://hl7.org/fhir/R4/operationoutcome.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.errors import Issue
    from app.fhir.resource import Resource

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
RULE_SYSTEM = "urn:dmi-graph:rule"


def operation_outcome(issues: Iterable[Issue], language: str = "en") -> Resource:
    """An OperationOutcome with one entry per issue: `details.text` in the language ("en" or "fr"), the other language
    as translation extension, the rule's id as `details.coding`. Without issues it says, as information, that all is
    well."""
    entries = [_entry(issue, language) for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": entries or [_all_is_well(language)]}


def _entry(issue: Issue, language: str) -> dict[str, Any]:
    details = _text(issue.en, issue.fr, language)
    if issue.rule:
        details = {"coding": [{"system": RULE_SYSTEM, "code": issue.rule}], **details}
    entry: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "details": details}
    if issue.expression:
        entry["expression"] = [issue.expression]
    return entry


def _all_is_well(language: str) -> dict[str, Any]:
    details = _text("No rule is broken.", "Toutes les règles sont respectées.", language)
    return {"severity": "information", "code": "informational", "details": details}


def _text(en: str, fr: str, language: str) -> dict[str, Any]:
    shown, other, other_language = (fr, en, "en") if language == "fr" else (en, fr, "fr")
    translation = {
        "url": TRANSLATION,
        "extension": [{"url": "lang", "valueCode": other_language}, {"url": "content", "valueString": other}],
    }
    return {"text": shown, "_text": {"extension": [translation]}}
