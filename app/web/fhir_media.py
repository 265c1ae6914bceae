"""The media types of FHIR's JSON: what a client may ask for, and send. https://hl7.org/fhir/R4/http.html#mime-type"""

from __future__ import annotations

from typing import Final

from app.errors import NotAcceptable, UnsupportedMedia
from app.web.negotiation import JSON, media_type_in, preferred_of

FHIR_JSON: Final = "application/fhir+json"
MEDIA_TYPES: Final = (FHIR_JSON, JSON)
SHORT: Final = {"json": FHIR_JSON, **{media_type: media_type for media_type in MEDIA_TYPES}}
"""What `_format` may say, and the media type it stands for."""


def answered_in(form: str | None, accept: str) -> str:
    """The media type of an answer: that of `_format`, which overrides the header Accept. Raises NotAcceptable."""
    if form:
        # In a query string a plus sign stands for a blank, and is often sent as it is.
        found = SHORT.get(form.partition(";")[0].strip().lower().replace(" ", "+"))
    else:
        found = preferred_of(MEDIA_TYPES, accept or "*/*")
    if found is None:
        raise NotAcceptable(
            f"This server writes {FHIR_JSON} and {JSON} only. Accept one of them.",
            f"Ce serveur n’écrit qu’en {FHIR_JSON} ou {JSON}. Acceptez l’un d’eux.",
        )
    return found


def check_sent_in(content_type: str, *read: str) -> None:
    """Raises UnsupportedMedia for a body that is in none of the media types `read`.

    A body without a type is refused too: a page of the web can have a browser send one to a server on its own machine,
    but only without this type."""
    if media_type_in(content_type, read) is None:
        listed = " or ".join(read)
        raise UnsupportedMedia(
            f"Send the body with Content-Type: {listed}, in UTF-8 and of FHIR R4.",
            f"Envoyez le corps avec Content-Type: {listed.replace(' or ', ' ou ')}, en UTF-8 et en FHIR R4.",
        )
