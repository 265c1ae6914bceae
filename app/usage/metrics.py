"""Figures for Prometheus: how many requests, how long, and what the server is busy with. https://prometheus.io

Several workers write theirs to files that they share, and each answers for all: `PROMETHEUS_MULTIPROC_DIR` is set by
the supervisor before a worker starts, and read when prometheus_client is imported.
https://prometheus.github.io/client_python/multiprocess/
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.usage.record import Record

Counts: TypeAlias = "Mapping[tuple[str, str], int]"
"""(name of a metric, value of its label) → how many so far in this process."""

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"

OTHER: Final = "other"
"""What stands for the operations of documents that are not published, and for rules beyond MOST_RULES."""

MOST_RULES: Final = 500

UNKNOWN: Final = ".unknown"
"""The end of the rule that an element is none of its type."""

PERIOD: Final = 1.0
"""Seconds between two looks at what the server is busy with."""

REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
STORE_SECONDS: Final = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)


class Metrics:
    """The figures of one process; in others they add up.

    `published` names the documents whose operations are told apart, by their identifiers. `counts` are looked at again
    and again, and so is `busy`: what is going on now, by name."""

    def __init__(
        self, published: Mapping[str, str], counts: Callable[[], Counts], busy: Callable[[], Mapping[str, int]]
    ) -> None:
        self._published = published
        self._counts, self._seen = counts, {}  # type: tuple[Callable[[], Counts], dict[tuple[str, str], int]]
        self._busy = busy
        self._rules: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self._registry = CollectorRegistry()
        own: Any = {"registry": self._registry}
        self._requests = Histogram(
            "dmi_request_seconds",
            "Requests for resources, by the name of a published operation or FHIR's word, and how they ended",
            ("operation", "outcome"),
            buckets=REQUEST_SECONDS,
            **own,
        )
        self._commands = Histogram(
            "dmi_store_seconds",
            "Commands of the store, by the operation that asked",
            ("operation", "command"),
            buckets=STORE_SECONDS,
            **own,
        )
        self._refusals = Counter("dmi_refusals", "Errors by the rule that is broken", ("rule",), **own)
        self._counters = {
            "documents": Counter("dmi_documents", "Documents that were kept (hit), or read anew", ("cache",), **own),
            "plans": Counter("dmi_plans", "Plans that were kept (hit), or made anew", ("cache",), **own),
            "executions": Counter("dmi_executions", "Operations, by what ran them", ("by",), **own),
            "live": Counter(
                "dmi_subscription_events",
                "Changes that were made for those who are told the same, and that were sent to each",
                ("state",),
                **own,
            ),
            "sockets": Counter("dmi_sockets_closed", "Web sockets of clients that read too slowly", ("reason",), **own),
            "log": Counter("dmi_access_log_lines", "Lines of the access log that were lost", ("state",), **own),
            "audit": Counter("dmi_audit_events", "Events of the audit trail that were kept or lost", ("state",), **own),
        }
        self._now = Gauge("dmi_busy", "What goes on now in the store", ("what",), multiprocess_mode="livesum", **own)

    def note(self, record: Record) -> None:
        """Count a request that is answered."""
        use = record.use
        if use is None or not use.interaction:
            return
        operation = self._published.get(use.document, OTHER) if use.document else use.interaction
        self._requests.labels(operation, use.outcome).observe(use.took / 1e9)
        for command, took in use.commands:
            self._commands.labels(operation, command).observe(took / 1e9)
        for rule, number in use.rules.items():
            self._refusals.labels(self._known(rule)).inc(number)

    async def open(self) -> None:
        """Begin to look."""
        self._looking = asyncio.create_task(self._look_again_and_again())

    async def close(self) -> None:
        """Look no more."""
        if self._looking:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def text(self, accept: str) -> tuple[bytes, str]:
        """All figures as Prometheus reads them, and their media type."""
        self._look()
        return await asyncio.to_thread(self._written, accept)

    def _written(self, accept: str) -> tuple[bytes, str]:
        encode, media_type = choose_encoder(accept)
        registry = self._registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return encode(registry), media_type

    def _known(self, rule: str) -> str:
        if rule.endswith(UNKNOWN):  # its path ends with a name that a client chose
            rule = rule.partition(".")[0] + UNKNOWN
        if rule not in self._rules and len(self._rules) >= MOST_RULES:
            return OTHER
        self._rules.add(rule)
        return rule

    async def _look_again_and_again(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(PERIOD)

    def _look(self) -> None:
        for (name, label), count in self._counts().items():
            self._counters[name].labels(label).inc(count - self._seen.get((name, label), 0))
            self._seen[name, label] = count
        for what, number in self._busy().items():
            self._now.labels(what).set(number)
