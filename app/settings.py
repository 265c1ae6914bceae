"""Settings: one table of name, default and help; read once from one mapping (the environment, overlaid by flags).

The README's settings table is this table; a test compares them.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar
from urllib.parse import urlsplit

from app.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Value = TypeVar("Value", bound=str)

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_NAMES = re.compile(r"\b(?:DMI|MONGODB)_[A-Z_]+\b")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s|,]+")


_TAKEN_WITH: Final = {"DMI_AUTH": {"DMI_ALLOW_OPEN": "1"}}
"""What else a variable that is wrong counts for: a server that should ask for tokens is not told that it is open."""


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
        "the GraphQL documents that are run: `any`, or `trusted`, which are those of `graphql/operations/`",
    ),
    Setting(
        "DMI_INTROSPECTION",
        "auto",
        "whether the schema may be asked for: `auto` is on for loopback; `on`, `off`",
    ),
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
    Setting(
        "DMI_PROXIES",
        "",
        "the addresses, with commas, of proxies in front of this server, which are believed for whom they ask "
        "(`X-Forwarded-For`, `X-Forwarded-Proto`); `*` is any",
    ),
)


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """What an access token must be like to be accepted; `keys` is an address or the path of a file, `skew` counts
    seconds. `organization` is the claim that binds it to a legal entity, "" for none; `smart` the path of a file
    that tells what the issuer offers, "" for none."""

    issuer: str
    audience: tuple[str, ...]
    keys: str
    organization: str
    skew: int
    smart: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its type; made by `read_settings`. Without `tokens` the server is open to everybody."""

    store: str
    host: str
    port: int
    workers: int | None  # None: one for each core
    hosts: tuple[str, ...]
    tokens: TokenSettings | None
    profiles: str
    references: Literal["ignore", "warn", "enforce"]
    unique_interventions: bool
    update_create: bool
    example_data: bool
    base_url: str
    procedure_systems: tuple[str, ...]
    origins: tuple[str, ...]
    page: bool
    trusted_operations: bool
    introspection: bool
    reference_cache: int
    access_log: str  # "" where there is none
    audit: Literal["off", "on", "required"]
    explain: bool
    otel: bool
    metrics: bool
    max_body: int
    max_rows: int
    max_depth: int
    max_aliases: int
    max_directives: int
    max_root_fields: int
    max_tokens: int
    max_cost: int
    max_answer: int
    max_seconds: int
    max_client_seconds: int
    max_requests: int
    max_waiting: int
    proxies: tuple[str, ...]


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings of a mapping such as os.environ. Raises SettingsError, which names every variable that is wrong, and
    the remedy for each."""
    unset = {setting.name: setting.default for setting in SETTINGS}
    given = {name: environment.get(name, "").strip() or default for name, default in unset.items()}
    problems: list[SettingsError] = []
    while True:
        try:
            settings = _settings(given)
        except SettingsError as problem:
            problems.append(problem)
            # What is wrong counts as unset, to see what else is wrong.
            wrong = [name for name in _NAMES.findall(problem.en) if given.get(name, "") != unset.get(name, "")]
            if not wrong:
                break
            given = {**given, wrong[0]: unset[wrong[0]], **_TAKEN_WITH.get(wrong[0], {})}
        else:
            if not problems:
                return settings
            break
    raise all_of(problems)


def all_of(problems: Sequence[SettingsError]) -> SettingsError:
    """Several problems as one, a line for each."""
    return SettingsError("\n".join(each.en for each in problems), "\n".join(each.fr for each in problems))


def _settings(given: Mapping[str, str]) -> Settings:
    host = given["DMI_HOST"]
    tokens = _tokens(given)
    allow_open = _one_of("DMI_ALLOW_OPEN", given, ("0", "1")) == "1"
    if not is_loopback(host) and tokens is None and not allow_open:
        raise SettingsError(
            f"DMI_HOST={host} would let the whole network read patient data without authentication. "
            "Set DMI_AUTH=jwt, or DMI_ALLOW_OPEN=1 if that network is closed, or listen on 127.0.0.1.",
            f"DMI_HOST={host} laisserait tout le réseau lire les données des patients sans authentification. "
            "Définissez DMI_AUTH=jwt, ou DMI_ALLOW_OPEN=1 si ce réseau est fermé, ou écoutez sur 127.0.0.1.",
        )
    base_url = _url("DMI_BASE_URL", given)
    store = given["DMI_STORE"] or _mongodb(given) or "embedded:./data"
    return Settings(
        store=store,
        host=host,
        hosts=_hosts(given["DMI_HOSTS"], host, base_url),
        tokens=tokens,
        port=_number("DMI_PORT", given, 0, 65_535),
        workers=_workers(given, store),
        profiles=given["DMI_PROFILES"],
        references=_one_of("DMI_REFERENCES", given, ("ignore", "warn", "enforce")),
        unique_interventions=_one_of("DMI_UNIQUE_INTERVENTIONS", given, ("on", "off")) == "on",
        update_create=_one_of("DMI_UPDATE_CREATE", given, ("on", "off")) == "on",
        example_data=_one_of("DMI_EXAMPLE_DATA", given, ("auto", "off")) == "auto",
        base_url=base_url,
        procedure_systems=_uris("DMI_PROCEDURE_SYSTEMS", given),
        origins=_origins("DMI_ORIGINS", given),
        page=_on_loopback("DMI_PAGE", given),
        trusted_operations=_one_of("DMI_OPERATIONS", given, ("any", "trusted")) == "trusted",
        introspection=_on_loopback("DMI_INTROSPECTION", given),
        reference_cache=_number("DMI_REFERENCE_CACHE", given, 0, 3_600),
        access_log=_access_log(given["DMI_ACCESS_LOG"]),
        audit=_one_of("DMI_AUDIT", given, ("off", "on", "required")),
        explain=_on_loopback("DMI_EXPLAIN", given),
        otel=_one_of("DMI_OTEL", given, ("on", "off")) == "on",
        metrics=_one_of("DMI_METRICS", given, ("on", "off")) == "on",
        max_body=_number("DMI_MAX_BODY", given, 1_024, 1_073_741_824),
        max_rows=_number("DMI_MAX_ROWS", given, 1, 100_000),
        max_depth=_number("DMI_MAX_DEPTH", given, 1, 1_000),
        max_aliases=_number("DMI_MAX_ALIASES", given, 0, 100_000),
        max_directives=_number("DMI_MAX_DIRECTIVES", given, 0, 100_000),
        max_root_fields=_number("DMI_MAX_ROOT_FIELDS", given, 1, 100_000),
        max_tokens=_number("DMI_MAX_TOKENS", given, 100, 1_000_000),
        max_cost=_number("DMI_MAX_COST", given, 1, 1_000_000_000),
        max_answer=_number("DMI_MAX_ANSWER", given, 1_024, 1_073_741_824),
        max_seconds=_number("DMI_MAX_SECONDS", given, 1, 86_400),
        max_client_seconds=_number("DMI_MAX_CLIENT_SECONDS", given, 1, 86_400),
        max_requests=_number("DMI_MAX_REQUESTS", given, 1, 100_000),
        max_waiting=_number("DMI_MAX_WAITING", given, 0, 100_000),
        proxies=_listed(given["DMI_PROXIES"]),
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _access_log(given: str) -> str:
    """A path is absolute or names a folder, so that a word that is misspelt is no file."""
    if given in ("off", "stdout"):
        return given.removeprefix("off")
    if not any(sign in given for sign in "/\\"):
        raise SettingsError(
            "DMI_ACCESS_LOG must be off, stdout or a path with a folder, as in /var/log/dmi.log or ./dmi.log.",
            "DMI_ACCESS_LOG doit être off, stdout ou un chemin avec un dossier, comme /var/log/dmi.log ou ./dmi.log.",
        )
    return given


def _tokens(given: Mapping[str, str]) -> TokenSettings | None:
    if _one_of("DMI_AUTH", given, ("off", "jwt")) == "off":
        return None
    needed = ("DMI_JWT_ISSUER", "DMI_JWT_AUDIENCE", "DMI_JWT_KEYS")
    if missing := ", ".join(name for name in needed if not _listed(given[name])):
        raise SettingsError(
            f"{missing} must be set for DMI_AUTH=jwt: else anybody's token would do.",
            f"{missing} : à définir pour DMI_AUTH=jwt, sinon tout jeton conviendrait.",
        )
    return TokenSettings(
        given["DMI_JWT_ISSUER"],
        _listed(given["DMI_JWT_AUDIENCE"]),
        _source("DMI_JWT_KEYS", given),
        given["DMI_JWT_ORGANIZATION"],
        _number("DMI_JWT_SKEW", given, 0, 600),
        given["DMI_SMART_CONFIGURATION"],
    )


def _source(name: str, given: Mapping[str, str]) -> str:
    """An address or the path of a file. What decides whom to trust must not be changed on its way."""
    value, over_http = given[name], _one_of("DMI_JWT_KEYS_HTTP", given, ("off", "on")) == "on"
    parts = urlsplit(value)
    if parts.scheme == "http" and not over_http and not is_loopback(parts.hostname or ""):
        raise SettingsError(
            f"{name} must begin with https://: over http anybody on the way could exchange the keys. In a closed "
            "network set DMI_JWT_KEYS_HTTP=on.",
            f"{name} doit commencer par https:// : en http, n’importe qui sur le trajet pourrait remplacer les clés. "
            "Dans un réseau fermé, définissez DMI_JWT_KEYS_HTTP=on.",
        )
    return value


def _mongodb(given: Mapping[str, str]) -> str:
    """The address of MongoDB, with a password mostly, which the messages do not repeat."""
    uri, file = given["MONGODB_URI"], given["MONGODB_URI_FILE"]
    if not file:
        return uri
    if uri:
        raise SettingsError(
            "MONGODB_URI and MONGODB_URI_FILE are both set. Keep one of them.",
            "MONGODB_URI et MONGODB_URI_FILE sont définis tous les deux. Gardez l’un d’eux.",
        )
    try:
        held = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise SettingsError(
            f"The file {file} of MONGODB_URI_FILE cannot be read ({reason}). Give this user the right to read it.",
            f"Le fichier {file} de MONGODB_URI_FILE est illisible ({reason}). Donnez à cet utilisateur le droit de le "
            "lire.",
        ) from None
    if not held.startswith("mongodb"):
        raise SettingsError(
            f"The file {file} of MONGODB_URI_FILE must hold mongodb://… and nothing else.",
            f"Le fichier {file} de MONGODB_URI_FILE doit contenir mongodb://… et rien d’autre.",
        )
    return held


def _workers(given: Mapping[str, str], store: str) -> int | None:
    if given["DMI_WORKERS"].lower() == "auto":
        return None
    workers = _number("DMI_WORKERS", given, 1, 1_000)
    if workers > 1 and store == "memory:":
        raise SettingsError(
            "DMI_WORKERS beyond 1 needs a store that processes can share: DMI_STORE=memory: is in the memory of one.",
            "DMI_WORKERS au-delà de 1 exige une base que des processus peuvent partager : DMI_STORE=memory: est dans "
            "la mémoire d’un seul.",
        )
    return workers


def _hosts(given: str, host: str, base_url: str) -> tuple[str, ...]:
    """The names to answer to. On loopback no page of the web may reach an open server by a name of its own that leads
    to 127.0.0.1 (DNS rebinding)."""
    if given:
        return _listed(given)
    if not is_loopback(host):
        return ("*",)
    known = urlsplit(base_url).hostname
    return ("localhost", "127.0.0.1", "::1", "[::1]", host, *([known] if known else []))


def _listed(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())


def _on_loopback(name: str, given: Mapping[str, str]) -> bool:
    """A setting that is on where only this machine can see it, unless it says more."""
    value = _one_of(name, given, ("auto", "on", "off"))
    return value == "on" or (value == "auto" and is_loopback(given["DMI_HOST"]))


def _origins(name: str, given: Mapping[str, str]) -> tuple[str, ...]:
    origins = _listed(given[name].lower())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise SettingsError(
            f"{name} must hold exact origins, separated by commas: scheme, host and, where it is not the usual one, "
            "port, as in https://portal.example or http://localhost:5173; no path, and no *.",
            f"{name} doit contenir des origines exactes, séparées par des virgules : schéma, hôte et, s’il n’est pas "
            "usuel, port, comme https://portal.example ou http://localhost:5173 ; ni chemin, ni *.",
        )
    return origins


def _uris(name: str, given: Mapping[str, str]) -> tuple[str, ...]:
    uris = _listed(given[name])
    if not all(_URI.fullmatch(uri) for uri in uris):
        raise SettingsError(
            f"{name} must hold absolute URIs of code systems, separated by commas, as in https://… or urn:oid:….",
            f"{name} doit contenir des URI absolues de systèmes de codes, séparées par des virgules, comme https://… "
            "ou urn:oid:….",
        )
    return tuple(dict.fromkeys(uris))


def _one_of(name: str, given: Mapping[str, str], allowed: tuple[Value, ...]) -> Value:
    for value in allowed:
        if value == given[name].lower():
            return value
    listed = ", ".join(allowed)
    raise SettingsError(f"{name} must be one of: {listed}.", f"{name} doit être parmi : {listed}.")


def _url(name: str, given: Mapping[str, str]) -> str:
    value = given[name].rstrip("/")
    if value and not value.startswith(("http://", "https://")):
        raise SettingsError(
            f"{name} must begin with http:// or https://.", f"{name} doit commencer par http:// ou https://."
        )
    return value


def _number(name: str, given: Mapping[str, str], least: int, most: int) -> int:
    value = given[name]
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise SettingsError(
            f"{name} must be a whole number from {least} to {most}.",
            f"{name} doit être un nombre entier de {least} à {most}.",
        )
    return int(value)
