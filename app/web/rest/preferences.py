"""The header Prefer: what the answer should hold, and what becomes of unknown search parameters.

https://hl7.org/fhir/R4/http.html#ops, https://www.rfc-editor.org/rfc/rfc7240
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.web.headers import text_of

if TYPE_CHECKING:
    from app.web.headers import Headers

MINIMAL: Final = "minimal"
REPRESENTATION: Final = "representation"
OUTCOME: Final = "operationoutcome"
RETURNS: Final = (MINIMAL, REPRESENTATION, OUTCOME)


def returned(headers: Headers, otherwise: str) -> str:
    """Which of RETURNS the client would rather have; a word that is none of them is passed over, as RFC 7240 has it."""
    preferred = _preference(headers, "return")
    return preferred if preferred in RETURNS else otherwise


def is_lenient(headers: Headers) -> bool:
    """Whether unknown search parameters are to be ignored."""
    return _preference(headers, "handling") == "lenient"


def _preference(headers: Headers, name: str) -> str:
    """The first value of a preference, in lower case."""
    for each in text_of(headers, b"prefer").split(","):
        key, _, value = each.partition(";")[0].partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"').lower()
    return ""
