"""Which of the two languages a client reads. https://www.rfc-editor.org/rfc/rfc9110#field.accept-language"""

from __future__ import annotations


def preferred_language(accept_language: str) -> str:
    """The language to answer in: "fr" where the header weighs French above English, else "en"."""
    weights = {"en": 0.0, "fr": 0.0}
    for part in accept_language.split(","):
        tag, _, parameters = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _quality(parameters))
    return "fr" if weights["fr"] > weights["en"] else "en"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
