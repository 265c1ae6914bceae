"""FHIR R4 itself: JSON, elements, dates, references, outcomes. Pure: no I/O, no framework."""
