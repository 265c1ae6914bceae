from __future__ import annotations

from app.web.headers import headers_of, text_of


def test_a_field_is_found_by_its_name() -> None:
    headers = headers_of({"headers": [(b"host", b"dmi.example"), (b"accept", b"*/*")]})
    assert (text_of(headers, b"host"), text_of(headers, b"cookie")) == ("dmi.example", "")


def test_a_field_that_comes_several_times_is_joined_in_order() -> None:
    lines = [(b"accept", b"text/html"), (b"host", b"x"), (b"accept", b"application/json;q=0.5")]
    assert headers_of({"headers": lines})[b"accept"] == b"text/html, application/json;q=0.5"
