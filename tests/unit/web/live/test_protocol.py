from __future__ import annotations

import json

import pytest

from app.web.live.protocol import LONGEST_REASON, Closing, Code, before_next, failed, message_of, pong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"connection_init"}', ("connection_init", "", None)),
        ('{"type":"connection_init","payload":{"a":1}}', ("connection_init", "", {"a": 1})),
        ('{"type":"ping","payload":null}', ("ping", "", None)),
        ('{"type":"pong","id":7}', ("pong", "", None)),
        ('{"type":"subscribe","id":"é","payload":{}}', ("subscribe", "é", {})),
        ('{"type":"complete","id":"1"}', ("complete", "1", None)),
    ],
)
def test_a_message_is_read(text: str, message: tuple[object, ...]) -> None:
    assert message_of(text) == message


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"type":"start"}',
        '{"type":7}',
        '{"type":["ping"]}',
        '{"type":"ping","type":"pong"}',
        '{"type":"ping","payload":"x"}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","payload":{}}',
        '{"type":"subscribe","id":"","payload":{}}',
        '{"type":"subscribe","id":1,"payload":{}}',
        '{"type":"subscribe","id":"' + "x" * 257 + '","payload":{}}',
        '{"type":"complete"}',
    ],
)
def test_what_is_no_message_closes_the_socket_without_a_word_of_it(text: str | None) -> None:
    with pytest.raises(Closing) as closing:
        message_of(text)
    assert closing.value.code == 4400
    assert "start" not in closing.value.reason


def test_a_reason_is_as_short_as_a_frame_demands() -> None:
    assert len(Closing(Code.FORBIDDEN, "x" * 200).reason) == LONGEST_REASON


def test_an_id_is_told_as_it_came() -> None:
    odd = '"\\\u2028\x00é'
    assert json.loads(before_next(odd) + "1}") == {"id": odd, "type": "next", "payload": 1}
    assert json.loads(failed(odd, [])) == {"id": odd, "type": "error", "payload": []}


def test_a_ping_is_answered_with_its_payload() -> None:
    assert json.loads(pong(None)) == {"type": "pong"}
    assert json.loads(pong({"a": 1})) == {"type": "pong", "payload": {"a": 1}}
