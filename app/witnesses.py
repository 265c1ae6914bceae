"""Who is told of the requests of a server, as the settings have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.errors import SettingsError
from app.usage.access_log import MOST_IDS, AccessLog
from app.usage.audit_trail import AuditTrail
from app.usage.course import Course
from app.usage.use import Use

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping, Sequence

    from app.schema.build import DmiSchema
    from app.settings import Settings
    from app.store.repository import Repository
    from app.usage.metrics import Counts, Metrics
    from app.usage.spans import Spans
    from app.usage.witness import Witness
    from app.web.published import Operation


EVENT_STATES: Final = ("made", "sent")
BUSY: Final = ("sockets", "subscriptions")
"""What is told of subscriptions: so many so far, and so many now."""


class Witnesses(NamedTuple):
    """All of them, and those that are asked themselves. `use_of` makes what they are told of; None where there are
    none."""

    all: Sequence[Witness]
    log: AccessLog | None
    metrics: Metrics | None
    audit: AuditTrail | None
    use_of: Callable[[], Use] | None


def witnesses_of(
    settings: Settings,
    store: Repository,
    schema: DmiSchema,
    operations: Sequence[Operation],
    live: Counter[str],
) -> Witnesses:
    """The witnesses of a server, not yet opened; `live` are the figures of its subscriptions."""

    def busy() -> Mapping[str, int]:
        return {**store.busy(), **{what: live[what] for what in BUSY}}

    log = access_log_of(settings)
    audit = AuditTrail(store, required=settings.audit == "required") if settings.audit != "off" else None
    published = {operation.id: operation.name for operation in operations}
    metrics = _metrics(published, _counts(schema, log, audit, live), busy) if settings.metrics else None
    spans = _spans() if settings.otel else None
    found = [witness for witness in (log, audit, metrics, spans) if witness]

    def use_of() -> Use:
        use = Use(MOST_IDS, audited=audit is not None)
        use.course = Course(use.begun) if spans else None
        return use

    return Witnesses(found, log, metrics, audit, use_of if found else None)


def access_log_of(settings: Settings) -> AccessLog | None:
    """The access log, not yet opened."""
    return AccessLog(settings.access_log) if settings.access_log else None


def _spans() -> Spans:
    try:
        from app.usage.spans import Spans

        return Spans()
    except ModuleNotFoundError:
        raise _without_packages() from None


def check_spans(settings: Settings) -> None:
    """Raises SettingsError where spans are wanted and cannot be made."""
    if settings.otel:
        try:
            import opentelemetry.exporter.otlp.proto.http.trace_exporter
            import opentelemetry.sdk.trace  # noqa: F401 - whether they are there
        except ModuleNotFoundError:
            raise _without_packages() from None


def _without_packages() -> SettingsError:
    return SettingsError(
        "DMI_OTEL=on needs OpenTelemetry's packages: pip install 'dmi-graph[otel]'.",
        "DMI_OTEL=on exige les paquets d’OpenTelemetry : pip install 'dmi-graph[otel]'.",
    )


def check_access_log(settings: Settings) -> None:
    """Raises SettingsError where the access log cannot be written."""
    if log := access_log_of(settings):
        log.check()


def _counts(
    schema: DmiSchema, log: AccessLog | None, audit: AuditTrail | None, live: Mapping[str, int]
) -> Callable[[], Counts]:
    preparing, runs = schema.preparing, schema.runs

    def counts() -> Counts:
        return {
            ("documents", "hit"): preparing.documents.hits,
            ("documents", "miss"): preparing.documents.misses,
            ("plans", "hit"): preparing.operations.hits,
            ("plans", "miss"): preparing.operations.misses,
            ("executions", "plan"): runs["planned"],
            ("executions", "graphql-core"): runs["graphql-core"],
            **{("live", state): live[state] for state in EVENT_STATES},
            ("sockets", "slow"): live["slow"],
            **({("log", "lost"): log.missing} if log else {}),
            **({("audit", "kept"): audit.kept, ("audit", "lost"): audit.missing} if audit else {}),
        }

    return counts


def _metrics(
    published: Mapping[str, str], counts: Callable[[], Counts], busy: Callable[[], Mapping[str, int]]
) -> Metrics:
    from app.usage.metrics import Metrics

    return Metrics(published, counts, busy)
