"""Every setting: its name, its default, and what it does. README's settings table is this one; a test compares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Setting:
    """An environment variable, what it is when unset, and what it does."""

    name: str
    default: str
    help: str

    @property
    def flag(self) -> str:
        """The option of `serve` that sets it: DMI_MAX_BODY is --max-body."""
        return "--" + self.name.removeprefix("DMI_").lower().replace("_", "-")


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "DMI_STORE",
        "",
        "`embedded:DIR`, `mongodb://…` or `memory:`; unset: `MONGODB_URI` when that is set, else `embedded:./data`",
    ),
    Setting("MONGODB_URI", "", "the MongoDB to use when `DMI_STORE` is unset; the path names the database (`dmi`)"),
    Setting("MONGODB_URI_FILE", "", "a file that holds `MONGODB_URI` in its place, such as a secret of Docker"),
    Setting(
        "DMI_HOST",
        "127.0.0.1",
        "the address to listen on; beyond loopback needs `DMI_AUTH=jwt` or `DMI_ALLOW_OPEN=1`",
    ),
    Setting("DMI_PORT", "8000", "the port to listen on; 0 takes a free one"),
    Setting("DMI_WORKERS", "1", "the processes that serve; `auto` is one for each core that this machine gives"),
    Setting(
        "DMI_HOSTS",
        "",
        "the names under which this server is asked, with commas; `*` is any; unset: on loopback its own and that of "
        "`DMI_BASE_URL`, else any",
    ),
    Setting(
        "DMI_AUTH",
        "off",
        "who may ask: `off` is everybody, on loopback only; `jwt` is who sends an access token of `DMI_JWT_ISSUER`",
    ),
    Setting("DMI_ALLOW_OPEN", "0", "`1` allows `DMI_AUTH=off` beyond loopback too, in a closed network"),
    Setting("DMI_JWT_ISSUER", "", "who makes the access tokens: their claim `iss`, to the letter"),
    Setting("DMI_JWT_AUDIENCE", "", "for whom they are made, with commas: one of these is in their claim `aud`"),
    Setting(
        "DMI_JWT_KEYS",
        "",
        "where the issuer's public keys are, as a JSON Web Key Set: an `https://` address (`http://` on loopback), or "
        "a file",
    ),
    Setting("DMI_JWT_KEYS_HTTP", "off", "`on` allows an `http://` address beyond loopback there, in a closed network"),
    Setting(
        "DMI_JWT_ORGANIZATION",
        "",
        "the claim that names the legal entity on whose behalf a token may write procedures, by an identifier or as "
        "`Organization/id`; unset: any",
    ),
    Setting(
        "DMI_SMART_CONFIGURATION",
        "",
        "a JSON file with what the issuer offers (`token_endpoint`, `grant_types_supported` …), for "
        "`/.well-known/smart-configuration`; unset: that names the issuer and its keys only",
    ),
    Setting("DMI_JWT_SKEW", "60", "seconds by which the clocks of the issuer and of this machine may differ"),
    Setting(
        "DMI_PROFILES",
        "",
        "profiles applied to every resource of a type, as `Type=profile,…`; `Procedure=base` takes the DMI profile off",
    ),
    Setting(
        "DMI_REFERENCES",
        "warn",
        "what a new resource refers to and the store lacks: `ignore` it, `warn`, or `enforce` that it is there",
    ),
    Setting(
        "DMI_UNIQUE_INTERVENTIONS",
        "on",
        "`on` refuses a second procedure with the same idIntervention of the same legal entity; `off` takes it",
    ),
    Setting(
        "DMI_UPDATE_CREATE",
        "off",
        "`on` lets an update of an id that was never there create it; `off` refuses it",
    ),
    Setting(
        "DMI_EXAMPLE_DATA",
        "auto",
        "`auto` fills an empty embedded store with example data at start; `off` does not",
    ),
    Setting(
        "DMI_BASE_URL",
        "",
        "the address of this server's FHIR resources, as in `https://dmi.example/fhir`: absolute references that begin "
        "with it count as relative ones, also in searches",
    ),
    Setting(
        "DMI_PROCEDURE_SYSTEMS",
        "",
        "the code systems, with commas, whose procedures `ProcedureList` and `ProcedureConnection` show unless asked "
        "for a `code`; unset: all procedures",
    ),
    Setting(
        "DMI_ORIGINS",
        "",
        "the origins, with commas, whose pages may ask this server in a browser, as in `https://portal.example`; "
        "unset: none but its own page",
    ),
    Setting("DMI_PAGE", "auto", "the page for people at `/`: `auto` is on for loopback; `on`, `off`"),
    Setting(
        "DMI_OPERATIONS",
        "any",
        "the GraphQL documents that are run: `any`, or `trusted`, which are those of `graphql/operations/` and of "
        "the page's views",
    ),
    Setting(
        "DMI_INTROSPECTION",
        "auto",
        "whether the schema may be asked for: `auto` is on for loopback; `on`, `off`",
    ),
    Setting("DMI_SUBSCRIPTIONS", "on", "`off` lets no web socket in, so that nothing is told as it happens"),
    Setting(
        "DMI_REFERENCE_CACHE",
        "5",
        "seconds for which a practitioner, organization, device definition or location is kept in memory once it was "
        "read, so that what another process writes may be seen so much later; `0` keeps none",
    ),
    Setting(
        "DMI_ACCESS_LOG",
        "off",
        "a line of JSON for each request: `off`, `stdout`, or the path of a file",
    ),
    Setting(
        "DMI_AUDIT",
        "off",
        "`on` keeps AuditEvents of every request for resources, apart from the resources; `required` gives no answer "
        "whose events are not kept",
    ),
    Setting(
        "DMI_EXPLAIN",
        "auto",
        "whether `extensions.explain` tells how a request was carried out; with `DMI_AUTH=jwt` also the scope "
        "`dmi-graph/explain` is needed: `auto` is on for loopback; `on`, `off`",
    ),
    Setting(
        "DMI_OTEL",
        "off",
        "`on` sends traces of requests to where `OTEL_EXPORTER_OTLP_ENDPOINT` says; needs `pip install "
        "'dmi-graph[otel]'`",
    ),
    Setting("DMI_METRICS", "off", "`on` answers `/metrics` with figures for Prometheus; `off` has no such address"),
    Setting("DMI_MAX_HEAD", "65536", "the largest head of a request, its address and header fields, in bytes"),
    Setting("DMI_MAX_BODY", "1048576", "the largest request body, in bytes"),
    Setting("DMI_MAX_ROWS", "1000", "the largest page (`_count`, `first`, `last`)"),
    Setting("DMI_MAX_DEPTH", "20", "the most levels of fields in an operation"),
    Setting("DMI_MAX_ALIASES", "50", "the most aliases in an operation"),
    Setting("DMI_MAX_DIRECTIVES", "50", "the most directives in an operation"),
    Setting("DMI_MAX_ROOT_FIELDS", "25", "the most root fields in an operation"),
    Setting("DMI_MAX_TOKENS", "15000", "the longest GraphQL document, in tokens"),
    Setting(
        "DMI_MAX_COST",
        "40000",
        "the most that an operation may cost: values in its answer, where every page counts as full",
    ),
    Setting("DMI_MAX_ANSWER", "33554432", "the largest answer of GraphQL or to a read of REST, in bytes"),
    Setting(
        "DMI_MAX_SECONDS",
        "30",
        "the seconds that a request may take once all of it has come; what it reads is then stopped in the store",
    ),
    Setting(
        "DMI_MAX_CLIENT_SECONDS",
        "20",
        "the seconds that a client may take to send the head of a request, then its body, and may read nothing of its "
        "answer",
    ),
    Setting(
        "DMI_MAX_REQUESTS",
        "32",
        "the most requests of one client that a process answers at once: of one token's subject, else of one address",
    ),
    Setting(
        "DMI_MAX_WAITING",
        "256",
        "the most requests of one client that wait for their turn; further ones are answered with 429",
    ),
    Setting("DMI_MAX_SOCKETS", "100", "the most web sockets of one client that a process has open"),
    Setting("DMI_MAX_SUBSCRIPTIONS", "20", "the most subscriptions over one web socket"),
    Setting(
        "DMI_MAX_UNREAD",
        "1048576",
        "the bytes that wait for the client of a web socket; one that reads more slowly is disconnected and may resume",
    ),
    Setting(
        "DMI_PROXIES",
        "",
        "the addresses, with commas, of proxies in front of this server, which are believed for whom they ask "
        "(`X-Forwarded-For`, `X-Forwarded-Proto`); `*` is any",
    ),
)
