"""The normal forms of search values: the same texts from a document and from a question, the same in every store.

Texts compare by code point. A text longer than TEXT_LIMIT is cut and ends in the hash of the whole, here and in the
question, so that equal stays equal and different stays different; a prefix is compared up to PREFIX_LIMIT only.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from app.fhir.dates import EARLIEST, LATEST, date_bounds

TEXT_LIMIT = 512
PREFIX_LIMIT = TEXT_LIMIT - 65

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-"}
)


def limited(text: str) -> str:
    """The text itself, or its first PREFIX_LIMIT characters, `#` and the SHA-256 of the whole in hexadecimal."""
    if len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:PREFIX_LIMIT]}#{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def is_unicode(text: str) -> bool:
    """Whether a text can be stored: half a surrogate pair is no text in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def folded(text: str) -> str:
    """A string without case, accents, ligatures, typographic signs and superfluous blanks: "Lœ́  Bé" is "loe be"."""
    if text.isascii():  # has nothing but case and blanks
        return " ".join(text.lower().split())
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.translate(_LETTERS).split())


def token(system: str | None, code: str) -> str:
    r"""The text that stands for a code in any system (None), in no system (""), or in one system.

    A code of "" is any code of the system. `|` and `\\` inside a part are escaped, so that "a|b" is never two things.
    """
    escaped = _escaped(code)
    return limited(escaped if system is None else f"{_escaped(system)}|{escaped}")


def tokens(system: str, code: str) -> tuple[str, ...]:
    """Every text a code is found by: ("loinc", "1") gives "1", "loinc|1" and "loinc|"."""
    if not code:
        return (token(system, ""),) if system else ()
    own = (token(None, code), token(system, code))
    return (*own, token(system, "")) if system else own


def canonical(url: str) -> tuple[str, ...]:
    """A canonical with a version is found with and without it."""
    plain = url.partition("|")[0]
    return (limited(url),) if plain == url else (limited(url), limited(plain))


def instant_text(time: datetime) -> str:
    """UTC with microseconds, always 27 characters: "2024-02-29T10:00:00.000000Z"."""
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def millisecond_text(time: datetime) -> str:
    """The first whole millisecond at or after a time, as stores keep lastUpdated: "2024-02-29T10:00:00.000Z"."""
    late = -time.microsecond % 1000
    rounded = time + timedelta(microseconds=late) if time <= LATEST - timedelta(microseconds=late) else LATEST
    return f"{rounded.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


OPEN_START = instant_text(EARLIEST)
OPEN_END = instant_text(LATEST)


def date_interval(value: str) -> tuple[str, str]:
    """The interval a FHIR date, dateTime or instant covers, as texts. Raises InvalidDate."""
    start, end = date_bounds(value)
    return instant_text(start), instant_text(end)


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("|", "\\|") if "|" in part or "\\" in part else part
