r"""Splitting a search value at separators that no backslash escapes: `\,` `\|` `\$` `\\`.

A backslash before any other character stands for itself. https://hl7.org/fhir/R4/search.html#escaping
"""

from __future__ import annotations

import re
from functools import cache

_ESCAPE = re.compile(r"\\([\\,|$])")


def split(text: str, separator: str) -> list[str]:
    r"""The parts between separators, still escaped: ("a\,b,c", ",") gives ["a\,b", "c"]."""
    if separator not in text:
        return [text]
    parts, begin = [], 0
    for found in _signs(separator).finditer(text):
        if found[0] == separator:
            parts.append(text[begin : found.start()])
            begin = found.end()
    return [*parts, text[begin:]]


@cache
def _signs(separator: str) -> re.Pattern[str]:
    """What is escaped, and separators."""
    return re.compile(rf"{_ESCAPE.pattern}|{re.escape(separator)}")


def unescaped(part: str) -> str:
    r"""The text a part stands for: "a\,b" is "a,b"."""
    return _ESCAPE.sub(r"\1", part)
