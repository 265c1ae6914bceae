"""The invariants of the served resource types, Bundle apart. https://hl7.org/fhir/R4/resourcelist.html"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.profiles.finding import Finding
from app.profiles.invariant import Invariant, Value, has, needs, not_both, objects, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class EachItem(Invariant):
    """An invariant that each item of the element `below` keeps or breaks; the finding is at the item."""

    def findings(self, value: Value) -> Iterator[Finding]:
        """One finding for each item that breaks it."""
        items = value.get(self.below.removeprefix("."))
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and not self.holds(item):
                yield Finding(self.kind, f"{self.below}[{index}]", rule=self.key)


def _not_at_home(item: Value) -> bool:
    return item.get("use") != "home"


def _coded(value: Value, name: str, system: str, *codes: str) -> bool:
    return any(
        coding.get("system") == system and coding.get("code") in codes for coding in objects(value, name, "coding")
    )


_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def _in_error(value: Value) -> bool:
    return _coded(value, "verificationStatus", _VERIFICATION, "entered-in-error")


def _abated(value: Value) -> bool:
    return not has(value, "abatement[x]") or _coded(
        value, "clinicalStatus", _CLINICAL, "resolved", "remission", "inactive"
    )


def _component_has_the_value(value: Value) -> bool:
    if not has(value, "value[x]"):
        return True
    own = {_coding(coding) for coding in objects(value, "code", "coding")}
    return not any(_coding(coding) in own for coding in objects(value, "component", "code", "coding"))


def _coding(coding: Value) -> tuple[str, ...]:
    return tuple(str(coding.get(name)) for name in ("system", "version", "code", "display", "userSelected"))


def _listed_problem_has_status(value: Value) -> bool:
    listed = any(coding.get("code") == "problem-list-item" for coding in objects(value, "category", "coding"))
    return not listed or has(value, "clinicalStatus") or _in_error(value)


RESOURCE_INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
        "AuditEventEntity": (
            Invariant(
                "sev-1",
                not_both("name", "query"),
                "give name or query, not both.",
                "donnez name ou query, pas les deux.",
            ),
        ),
        "CarePlanActivity": (
            Invariant(
                "cpl-3",
                not_both("detail", "reference"),
                "give reference or detail, not both.",
                "donnez reference ou detail, pas les deux.",
            ),
        ),
        "Condition": (
            Invariant(
                "con-3",
                _listed_problem_has_status,
                "an item of a problem list should have a clinicalStatus unless it was entered in error.",
                "un élément de liste de problèmes devrait avoir un clinicalStatus, sauf saisie par erreur.",
                "warning",
            ),
            Invariant(
                "con-4",
                _abated,
                "an abated condition has the clinicalStatus inactive, remission or resolved.",
                "une affection terminée a pour clinicalStatus inactive, remission ou resolved.",
            ),
            Invariant(
                "con-5",
                lambda value: not (_in_error(value) and has(value, "clinicalStatus")),
                "a condition entered in error has no clinicalStatus. Remove it.",
                "une affection saisie par erreur n’a pas de clinicalStatus. Retirez-le.",
            ),
        ),
        "ConditionEvidence": (
            Invariant("con-2", some("code", "detail"), "give code or detail.", "donnez code ou detail."),
        ),
        "ConditionStage": (
            Invariant(
                "con-1", some("summary", "assessment"), "give summary or assessment.", "donnez summary ou assessment."
            ),
        ),
        "Group": (
            Invariant(
                "grp-1",
                lambda value: not has(value, "member") or value.get("actual") is True,
                "only a group with actual = true has members.",
                "seul un groupe avec actual = true a des membres.",
            ),
        ),
        "MedicationAdministrationDosage": (
            Invariant("mad-1", some("dose", "rate[x]"), "give a dose or a rate.", "donnez dose ou rate."),
        ),
        "Observation": (
            Invariant(
                "obs-6",
                not_both("dataAbsentReason", "value[x]"),
                "give a value or the reason why it is absent, not both.",
                "donnez une valeur ou la raison de son absence, pas les deux.",
            ),
            Invariant(
                "obs-7",
                _component_has_the_value,
                "the value belongs to the component with the same code. Remove one of the two.",
                "la valeur appartient au composant de même code. Retirez l’une des deux.",
            ),
        ),
        "ObservationReferenceRange": (
            Invariant("obs-3", some("low", "high", "text"), "give low, high or text.", "donnez low, high ou text."),
        ),
        "Organization": (
            Invariant(
                "org-1",
                some("identifier", "name"),
                "an organization has a name or an identifier. Add one.",
                "une organisation a un nom ou un identifiant. Ajoutez-en un.",
            ),
            EachItem(
                "org-2",
                _not_at_home,
                "an organization has no address of use home. Choose another use.",
                "une organisation n’a pas d’adresse d’usage home. Choisissez un autre usage.",
                below=".address",
            ),
            EachItem(
                "org-3",
                _not_at_home,
                "an organization has no telecom of use home. Choose another use.",
                "une organisation n’a pas de moyen de contact d’usage home. Choisissez un autre usage.",
                below=".telecom",
            ),
        ),
        "PatientContact": (
            Invariant(
                "pat-1",
                some("name", "telecom", "address", "organization"),
                "a contact has a name, telecom, address or organization. Add one.",
                "un contact a un nom, un moyen de contact, une adresse ou une organisation. Ajoutez-en un.",
            ),
        ),
        "ServiceRequest": (
            Invariant("prr-1", needs("orderDetail", "code"), "orderDetail needs a code.", "orderDetail exige code."),
        ),
    }
)
"""By type, in the order of their keys."""
