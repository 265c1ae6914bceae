from __future__ import annotations

import pytest

from app.web.language import preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-FR,fr;q=0.9,en-US;q=0.8,en;q=0.7", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de", "en"),
        ("de,fr;q=0.1", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=nonsense", "en"),
        (",,;", "en"),
        ("FR-ca", "fr"),
    ],
)
def test_the_language_that_the_header_weighs_most(header: str, language: str) -> None:
    assert preferred_language(header) == language
