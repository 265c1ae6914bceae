"""What a client would rather have: the language and the media type of its answer.

https://www.rfc-editor.org/rfc/rfc9110#name-content-negotiation-fields
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

JSON: Final = "application/json"
GRAPHQL_JSON: Final = "application/graphql-response+json"

KEPT: Final = 64
"""Headers whose meaning is remembered: most requests come from a few kinds of clients."""


@lru_cache(maxsize=KEPT)
def preferred_language(accept_language: str) -> str:
    """The language to answer in: "fr" where the header weighs French above English, else "en"."""
    weights = {"en": 0.0, "fr": 0.0}
    for tag, weight in _weighted(accept_language):
        language = tag.partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], weight)
    return "fr" if weights["fr"] > weights["en"] else "en"


@lru_cache(maxsize=KEPT)
def preferred_media_type(accept: str) -> str:
    """GraphQL's own media type where the header names it and weighs plain JSON no higher, else plain JSON."""
    weights = weights_of(accept)
    own = weights.get(GRAPHQL_JSON, 0.0)
    return GRAPHQL_JSON if own > 0 and own >= weights.get(JSON, 0.0) else JSON


def preferred_of(offered: Sequence[str], accept: str) -> str | None:
    """The media type out of `offered` that the header weighs most, the first of equals; None where it takes none."""
    weights = weights_of(accept)

    def weight(media_type: str) -> float:
        ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
        return next((weights[each] for each in ranges if each in weights), 0.0)

    best = max(offered, key=weight)
    return best if weight(best) > 0 else None


def media_type_in(content_type: str, read: Sequence[str]) -> str | None:
    """The media type of a body where it is one of those `read`, in UTF-8 and, for FHIR, of R4; else None."""
    media_type, *parameters = (part.strip() for part in content_type.lower().split(";"))
    given = {name.strip(): value.strip().strip('"') for name, _, value in (each.partition("=") for each in parameters)}
    in_utf8 = given.get("charset", "utf-8") in ("utf-8", "utf8")
    return media_type if media_type in read and in_utf8 and given.get("fhirversion", "4.0") == "4.0" else None


def accepts_html(accept: str) -> bool:
    """Whether the header names HTML, as a browser's does when it opens a page."""
    return weights_of(accept).get("text/html", 0.0) > 0


def weights_of(header: str) -> dict[str, float]:
    """What a header such as Accept names, in lower case, with the weight of each."""
    return dict(_weighted(header))


def _weighted(header: str) -> list[tuple[str, float]]:
    return [(name.strip().lower(), _weight(rest)) for name, _, rest in (p.partition(";") for p in header.split(","))]


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
