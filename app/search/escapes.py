r"""Splitting a search value at separators that no backslash escapes: `\,` `\|` `\$` `\\`.

A backslash before any other character stands for itself. https://hl7.org/fhir/R4/search.html#escaping
"""

from __future__ import annotations

import re

_TOKENS = re.compile(r"\\[\\,|$]|.", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\,|$])")


def split(text: str, separator: str) -> list[str]:
    r"""The parts between separators, still escaped: ("a\,b,c", ",") gives ["a\,b", "c"]."""
    parts = [""]
    for found in _TOKENS.findall(text):
        if found == separator:
            parts.append("")
        else:
            parts[-1] += found
    return parts


def unescaped(part: str) -> str:
    r"""The text a part stands for: "a\,b" is "a,b"."""
    return _ESCAPE.sub(r"\1", part)
