from __future__ import annotations

from decimal import Decimal

import pytest

from app.errors import MalformedJson
from app.fhir.json import decode, decode_strict, encode


@pytest.mark.parametrize("text", ["1.50", "0.1000", "-0.0", "1E+5", "12345678901234567890.123456789", "1E-7"])
def test_a_decimal_keeps_its_digits(text: str) -> None:
    assert encode(decode(text)) == text.encode()


@pytest.mark.parametrize("text", ["0", "-7", "123456789012345678901234567890"])
def test_a_whole_number_is_read_exactly(text: str) -> None:
    assert decode(text) == int(text)
    assert encode(decode(text)) == text.encode()


def test_a_number_with_an_exponent_is_no_whole_number() -> None:
    assert decode("1E2") == Decimal("1E2")
    assert isinstance(decode("1E2"), Decimal)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "{'a': 1}",
        '{"a": 1,}',
        "[1 2]",
        "01",
        "+1",
        ".5",
        '"a\tb"',
        '"\\x41"',
        '"\\ud800"',
        '{"a": "\\ude00\\ud83d"}',
        '{"a": 1} {}',
        "// a\n1",
        "1e99999999999999999999",
        "9" * 5_000,
        "[" * 100_000,
        '{"a":' * 100_000,
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b"\x00",
    ],
)
@pytest.mark.parametrize("read", [decode, decode_strict])
def test_what_is_no_json_is_refused_and_nothing_else_is_raised(read: object, text: str | bytes) -> None:
    assert callable(read)
    with pytest.raises(MalformedJson):
        read(text)


def test_an_error_tells_line_and_column_in_characters() -> None:
    with pytest.raises(MalformedJson, match="line 2, column 9 cannot be read"):
        decode('{\n "é": 1,}')
    with pytest.raises(MalformedJson, match="not UTF-8: line 3, column 2"):
        decode(b'{\n "a":\n"\xff"}')


def test_a_byte_order_mark_is_said_to_be_one() -> None:
    with pytest.raises(MalformedJson, match="byte order mark"):
        decode(b"\xef\xbb\xbf{}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1, "a": 2}', "line 1, column 10"),
        ('{"a": 1, "\\u0061": 1}', "line 1, column 10"),
        ('{"x": [{"é": 1,\n  "b": {"a": 1}, "é"  : 2}]}', "line 2, column 18"),
        ('{"a\\"": 1, "a\\u0022": 2}', "line 1, column 12"),
    ],
)
def test_a_name_that_comes_twice_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MalformedJson, match=place):
        decode_strict(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"a": 1}, "b": {"a": 1}}',
        '[{"a": 1}, {"a": 1}]',
        '{"a": "\\"a\\":", "b": "{\\"a\\": 1", "A": "}"}',
        '{"a": ["a", "a"], "a ": "a:"}',
        '"a"',
        "[]",
    ],
)
def test_the_same_name_in_other_objects_and_in_texts_is_accepted(text: str) -> None:
    assert decode_strict(text) == decode(text)


def test_nesting_has_a_limit_far_beyond_any_resource() -> None:
    assert decode_strict("[" * 200 + "]" * 200)
    with pytest.raises(MalformedJson, match="nested more than 200 levels deep"):
        decode_strict("[" * 201 + "]" * 201)


def test_a_message_never_repeats_the_text() -> None:
    with pytest.raises(MalformedJson) as refused:
        decode_strict('{"secret": 1, "secret": 2}')
    assert "secret" not in refused.value.issues[0].en + refused.value.issues[0].fr


@pytest.mark.parametrize(
    ("text", "place"),
    [('{"a":\n [1, 1e99999999999999999999]}', "line 2, column 6"), ("[" * 100_000, "line 1, column 201")],
)
def test_what_is_beyond_all_limits_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MalformedJson, match=place):
        decode(text)
