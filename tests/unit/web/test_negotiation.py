from __future__ import annotations

import pytest

from app.web.negotiation import GRAPHQL_JSON, JSON, accepts_html, preferred_language, preferred_media_type


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


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.5, {JSON}", JSON),
        (f"{GRAPHQL_JSON};q=0, {JSON}", JSON),
        (f"{GRAPHQL_JSON};charset=utf-8", GRAPHQL_JSON),
        (GRAPHQL_JSON.upper(), GRAPHQL_JSON),
    ],
)
def test_the_media_type_that_the_header_weighs_most(header: str, media_type: str) -> None:
    assert preferred_media_type(header) == media_type


@pytest.mark.parametrize(("header", "html"), [("text/html,*/*;q=0.8", True), ("*/*", False), ("text/html;q=0", False)])
def test_only_a_browser_accepts_html(header: str, *, html: bool) -> None:
    assert accepts_html(header) is html
