from __future__ import annotations

import asyncio
import gc
import re
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from app.errors import NoChanges
from app.schema.live import feed
from app.store.repository import Write
from app.web.live.connection import Connection
from app.web.live.outbox import Outbox
from tests.builders import procedure
from tests.eventually import eventually
from tests.freed import freed, without_search
from tests.sockets import socket_of

if TYPE_CHECKING:
    from tests.conftest import Product, Start

CHANGED = "subscription { ProcedureChanged { id cursor } }"


def stored(id_: str, **changes: Any) -> Write:
    """A procedure to store."""
    return Write("Procedure", id_, procedure(id=id_, **changes))


async def metrics(product: Product) -> str:
    """All figures."""
    return (await product.http.get("/metrics")).text


async def test_only_the_one_protocol_is_spoken(start: Start) -> None:
    product = await start()
    for protocol in ("graphql-ws", "chat"):
        async with socket_of(product.app, protocol) as client:
            assert await client.closed() == (4406, "Speak graphql-transport-ws")


async def test_a_client_is_greeted_once(start: Start) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        assert await client.greet() == {"type": "connection_ack"}
        await client.say(type="connection_init")
        code, _ = await client.closed()
    assert code == 4429


async def test_who_says_nothing_is_not_waited_for(start: Start) -> None:
    product = await start(environment={"DMI_MAX_CLIENT_SECONDS": "1"})
    async with socket_of(product.app) as client:
        code, _ = await client.closed()
    assert code == 4408


async def test_who_has_said_who_it_is_may_be_silent(start: Start) -> None:
    product = await start(environment={"DMI_MAX_CLIENT_SECONDS": "1"})
    async with socket_of(product.app) as client:
        await client.greet()
        await asyncio.sleep(1.2)
        await client.say(type="ping", payload={"n": 1})
        assert await client.heard() == {"type": "pong", "payload": {"n": 1}}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "subscribe", "id": "1", "payload": {"query": CHANGED}}, 4401),
        ({"type": "start", "id": "1", "payload": {"query": CHANGED}}, 4400),
        ({"type": "subscribe", "id": "1"}, 4400),
    ],
)
async def test_what_may_not_be_said_closes_the_socket(start: Start, message: Any, code: int) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        await client.say(**message)
        assert (await client.closed())[0] == code


async def test_an_id_is_taken_until_it_is_completed(start: Start) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(CHANGED)
        await client.say(type="complete", id="1")
        await client.subscribe(CHANGED)
        await client.say(type="complete", id="2")
        await client.say(type="subscribe", id="1", payload={"query": CHANGED})
        assert (await client.closed())[0] == 4409


async def test_nothing_is_told_of_what_was_completed(start: Start) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(CHANGED, id="1")
        await client.subscribe(CHANGED, id="2")
        await client.say(type="complete", id="1")
        await client.say(type="ping")
        await client.heard()
        await product.store.write([stored("a")])
        assert (await client.heard())["id"] == "2"


@pytest.mark.parametrize(
    ("payload", "code", "said"),
    [
        ({"query": "{ PatientList { id } }"}, "invalid", "subscriptions only"),
        ({"query": 'mutation { PatientDelete(id: "p") { information { id } } }'}, "invalid", "subscriptions only"),
        ({"query": "subscription { PatientChanged { nothing } }"}, "invalid", "Cannot query field"),
        ({"query": "subscription { PatientChanged { id } DeviceChanged { id } }"}, "invalid", "one top level field"),
        ({"query": "subscription {"}, "invalid", "Syntax"),
        ({"query": ""}, "invalid", "JSON object"),
        ({"query": CHANGED, "variables": "x"}, "invalid", "JSON object"),
        ({"query": CHANGED, "operationName": "Other"}, "invalid", "operationName"),
        ({"documentId": "sha256:0"}, "not-found", "documentId"),
        ({"query": 'subscription { ProcedureChanged(status: "x") { id } }'}, "invalid", "status"),
        ({"query": 'subscription { ProcedureChanged(cursor: "x") { id } }'}, "invalid", "cursor"),
        ({"query": "subscription ($a: Boolean!) { PatientChanged @skip(if: $a) { id } }"}, "invalid", "@skip"),
    ],
)
async def test_what_is_wrong_with_a_subscription_is_told_and_the_socket_stays(
    start: Start, payload: Any, code: str, said: str
) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        await client.greet()
        await client.say(type="subscribe", id="x", payload=payload)
        message = await client.heard()
        assert (message["type"], message["id"]) == ("error", "x")
        [error] = message["payload"]
        assert error["extensions"]["code"] == code
        assert error["extensions"]["requestId"]
        assert said in error["message"]
        await client.subscribe(CHANGED, id="x")


async def test_the_limits_of_a_document_hold(start: Start) -> None:
    product = await start(environment={"DMI_MAX_DEPTH": "3", "DMI_MAX_COST": "30"})
    deep = "subscription { ProcedureChanged { resource { subject { reference } } } }"
    dear = "subscription { ProcedureChanged { resource { raw } } }"
    async with socket_of(product.app) as client:
        await client.greet()
        for query, name in ((deep, "DMI_MAX_DEPTH"), (dear, "DMI_MAX_COST")):
            await client.say(type="subscribe", id="1", payload={"query": query})
            [error] = (await client.heard())["payload"]
            assert (error["extensions"]["code"], name in error["message"]) == ("too-costly", True)


async def test_only_trusted_documents_are_run_where_only_they_may_be(start: Start) -> None:
    product = await start(environment={"DMI_OPERATIONS": "trusted"})
    async with socket_of(product.app) as client:
        await client.greet()
        await client.say(type="subscribe", id="1", payload={"query": CHANGED})
        [error] = (await client.heard())["payload"]
    assert error["extensions"]["code"] == "forbidden"


async def test_a_socket_has_so_many_subscriptions_and_a_client_so_many_sockets(start: Start) -> None:
    product = await start(environment={"DMI_MAX_SUBSCRIPTIONS": "1", "DMI_MAX_SOCKETS": "1"})
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(CHANGED)
        await client.say(type="subscribe", id="2", payload={"query": CHANGED})
        [error] = (await client.heard())["payload"]
        assert error["extensions"]["code"] == "throttled"
        async with socket_of(product.app) as another:
            await another.say(type="connection_init")
            code, reason = await another.closed()
        assert (code, "DMI_MAX_SOCKETS" in reason) == (1013, True)
        await client.say(type="complete", id="1")
        await client.subscribe(CHANGED, id="2")
    async with socket_of(product.app) as client:
        assert await client.greet() == {"type": "connection_ack"}, "a place that was left is free"


async def test_errors_are_told_in_the_language_that_was_asked_for(start: Start) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        await client.greet(**{"Accept-Language": "fr"})
        await client.say(type="subscribe", id="1", payload={"query": "{ PatientList { id } }"})
        [error] = (await client.heard())["payload"]
    assert "abonnements" in error["message"]


async def test_who_reads_too_slowly_is_told_how_to_go_on(start: Start) -> None:
    product = await start(environment={"DMI_MAX_UNREAD": "10000", "DMI_METRICS": "on"})
    async with socket_of(product.app) as client, socket_of(product.app) as reader:
        for each in (client, reader):
            await each.greet()
            await each.subscribe(CHANGED)
        client.wire.reads.clear()
        for number in range(60):
            await product.store.write([stored(f"p{number}")])
            await reader.told()
        client.wire.reads.set()
        first = await client.told(1)
        code, reason = await client.closed()
        assert (code, reason.startswith("Read too slowly")) == (1013, True)
    assert 'dmi_sockets_closed_total{reason="slow"} 1.0' in await metrics(product)
    async with socket_of(product.app) as client:
        await client.greet()
        query = f'subscription {{ ProcedureChanged(cursor: "{first[0]["cursor"]}") {{ id cursor }} }}'
        await client.say(type="subscribe", id="1", payload={"query": query})
        assert [each["id"] for each in await client.told(59)] == [f"p{number}" for number in range(1, 60)]


async def test_an_error_that_nobody_expected_closes_the_socket_without_its_text(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def breaking(store: Any) -> Any:
        async def latest() -> str:
            raise KeyError("Dupont-Secret")

        store.latest = latest
        return store

    product = await start(wrap=breaking)
    async with socket_of(product.app) as client:
        await client.greet()
        await client.say(type="subscribe", id="1", payload={"query": CHANGED})
        code, reason = await client.closed()
    assert code == 4500
    assert "unexpected KeyError" in caplog.text
    assert "Dupont" not in reason + caplog.text


async def test_a_store_that_tells_of_no_changes_is_said_to(start: Start) -> None:
    def breaking(store: Any) -> Any:
        async def latest() -> str:
            raise NoChanges

        store.latest = latest
        return store

    product = await start(wrap=breaking)
    async with socket_of(product.app) as client:
        await client.greet()
        await client.say(type="subscribe", id="1", payload={"query": CHANGED})
        [error] = (await client.heard())["payload"]
    assert error["extensions"]["code"] == "not-supported"


async def test_a_frame_of_bytes_is_no_message(start: Start) -> None:
    product = await start()
    async with socket_of(product.app) as client:
        client.wire.sent.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
        assert (await client.closed())[0] == 4400


async def test_who_has_caught_up_is_told_with_all_others(start: Start) -> None:
    product = await start(environment={"DMI_METRICS": "on"})
    query = "subscription ($cursor: String) { ProcedureChanged(cursor: $cursor) { id cursor } }"
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(query, id="live")
        await product.store.write([stored("a"), stored("b"), stored("c")])
        found = await client.told(3)
        for number, change in enumerate(found):
            await client.say(
                type="subscribe", id=f"{number}", payload={"query": query, "variables": {"cursor": change["cursor"]}}
            )
        assert [each["id"] for each in await client.told(3)] == ["b", "c", "c"]
        made = re.findall(r'events_total{state="made"} (\d+)', await metrics(product))
        await product.store.write([stored("d")])
        assert [each["id"] for each in await client.told(4)] == ["d"] * 4
        assert re.findall(r'events_total{state="made"} (\d+)', await metrics(product)) == [f"{int(made[0]) + 1}"]


async def test_metrics_tell_of_subscriptions(start: Start) -> None:
    product = await start(environment={"DMI_METRICS": "on"})
    async with socket_of(product.app) as client:
        await client.greet()
        for id_ in ("1", "2"):
            await client.subscribe(CHANGED, id=id_)
        await product.store.write([stored("a")])
        await client.told(2)
        during = await metrics(product)
    assert 'dmi_busy{what="sockets"} 1.0' in during
    assert 'dmi_busy{what="subscriptions"} 2.0' in during
    assert 'dmi_subscription_events_total{state="made"} 1.0' in during, "carried out once for both"
    assert 'dmi_subscription_events_total{state="sent"} 2.0' in during
    after = await metrics(product)
    assert 'dmi_busy{what="sockets"} 0.0' in after
    assert 'dmi_busy{what="subscriptions"} 0.0' in after


async def test_no_web_socket_is_let_in_where_subscriptions_are_off(start: Start) -> None:
    product = await start(environment={"DMI_SUBSCRIPTIONS": "off"})
    with pytest.raises(ConnectionClosed):
        async with socket_of(product.app):
            pass


async def test_what_is_completed_as_soon_as_it_begins_leaves_nothing_behind(start: Start) -> None:
    product = await start()
    before = len(asyncio.all_tasks())
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(CHANGED)
        for _ in range(3):
            await client.say(type="subscribe", id="2", payload={"query": CHANGED, "variables": {"a": 1}})
            await client.say(type="complete", id="2")
    await eventually(lambda: len(asyncio.all_tasks()) <= before)


async def test_nobody_waits_for_those_who_are_told_the_same_and_do_not_read(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST", 0)  # nobody keeps up with the feed
    product = await start(environment={"DMI_MAX_UNREAD": "4000", "DMI_MAX_CLIENT_SECONDS": "90"})
    async with socket_of(product.app) as client, socket_of(product.app) as reader:
        for each in (client, reader):
            await each.greet()
            await each.subscribe(CHANGED)
        client.wire.reads.clear()
        for number in range(40):
            await product.store.write([stored(f"p{number}")])
        assert len(await reader.told(40)) == 40


@pytest.mark.parametrize("said", [{"type": "odd"}, {"type": "connection_init"}])
async def test_a_socket_that_is_refused_leaves_nothing_for_which_memory_is_searched(start: Start, said: Any) -> None:
    product = await start()
    with without_search():
        async with socket_of(product.app) as client:
            await client.greet()
            await client.say(**said)
            await client.closed()
        await eventually(lambda: freed(Connection, Outbox))


async def test_a_client_that_goes_leaves_nothing_behind(start: Start) -> None:
    product = await start(environment={"DMI_METRICS": "on"})
    before = len(asyncio.all_tasks())
    async with socket_of(product.app) as client:
        await client.greet()
        await client.subscribe(CHANGED)
    await eventually(lambda: len(asyncio.all_tasks()) <= before)


async def test_a_client_that_goes_leaves_nothing_for_a_search_of_garbage(start: Start) -> None:
    product = await start()

    async def come_and_go() -> None:
        query = "subscription ($c: String) { ProcedureChanged(cursor: $c) { id cursor } }"
        async with socket_of(product.app) as client:
            await client.greet()
            await client.subscribe(query, id="1")
            await product.store.write([stored("a")])
            await client.told()
            await client.subscribe(query, id="2")
            await client.say(type="complete", id="1")
        await product.store.write([Write("Procedure", "a", None)])

    await come_and_go()
    with without_search():
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await come_and_go()
            await asyncio.sleep(0)
            gc.collect()
            left = {type(each).__qualname__ for each in gc.garbage if type(each).__module__.startswith("app.")}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert left == set()
