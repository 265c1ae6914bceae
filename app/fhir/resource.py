"""FHIR documents stay JSON-shaped mappings from store to response; these names describe them, nothing copies them."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A JSON value as `app.fhir.json` reads it: dict, list, str, int, Decimal, bool or None."""

Resource: TypeAlias = dict[str, Any]
"""A JSON object with a `resourceType`. Never changed in place once it was read or stored."""
