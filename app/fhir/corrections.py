"""Where the R4B models' metadata is shorter or longer than R4 (4.0.1) itself, element by element.

The models take code lists from one-line summaries, cut short by a "+" in long lists; R4B allows more targets.
Compared with the published R4 definitions for every type reachable from the served ones.
Source: https://hl7.org/fhir/R4/terminologies-valuesets.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPARATORS: Final = ("<", "<=", ">=", ">")
_ENCOUNTER_STATUS: Final = (
    "planned",
    "arrived",
    "triaged",
    "in-progress",
    "onleave",
    "finished",
    "cancelled",
    "entered-in-error",
    "unknown",
)

CODES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
    {
        ("Age", "comparator"): _COMPARATORS,
        ("AuditEvent", "action"): ("C", "R", "U", "D", "E"),
        ("AuditEvent", "outcome"): ("0", "4", "8", "12"),
        ("AuditEventAgentNetwork", "type"): ("1", "2", "3", "4", "5"),
        ("CapabilityStatement", "format"): (),  # MIME types, not the words of the summary
        ("Count", "comparator"): _COMPARATORS,
        ("DeviceUdiCarrier", "entryType"): ("barcode", "rfid", "manual", "card", "self-reported", "unknown"),
        ("DiagnosticReport", "status"): (
            "registered",
            "partial",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "appended",
            "cancelled",
            "entered-in-error",
            "unknown",
        ),
        ("Distance", "comparator"): _COMPARATORS,
        ("Duration", "comparator"): _COMPARATORS,
        ("Encounter", "status"): _ENCOUNTER_STATUS,
        ("EncounterStatusHistory", "status"): _ENCOUNTER_STATUS,
        ("Expression", "language"): (),  # an extensible binding: other codes are legal
        ("Observation", "status"): (
            "registered",
            "preliminary",
            "final",
            "amended",
            "corrected",
            "cancelled",
            "entered-in-error",
            "unknown",
        ),
        ("Quantity", "comparator"): _COMPARATORS,
        ("SupplyRequest", "status"): (
            "draft",
            "active",
            "suspended",
            "cancelled",
            "completed",
            "entered-in-error",
            "unknown",
        ),
        ("TimingRepeat", "when"): (
            *("MORN", "MORN.early", "MORN.late", "NOON", "AFT", "AFT.early", "AFT.late"),
            *("EVE", "EVE.early", "EVE.late", "NIGHT", "PHS", "HS", "WAKE", "C", "CM", "CD", "CV"),
            *("AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"),
        ),
    }
)
"""The codes of a required binding by type and element, where the models' list is missing, cut or not required."""

TARGETS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType(
    {
        ("DiagnosticReport", "subject"): ("Patient", "Group", "Device", "Location"),
        ("GroupMember", "entity"): (
            "Patient",
            "Practitioner",
            "PractitionerRole",
            "Device",
            "Medication",
            "Substance",
            "Group",
        ),
        ("Observation", "subject"): ("Patient", "Group", "Device", "Location"),
    }
)
"""The targets R4 allows for a reference, where R4B allows more."""
