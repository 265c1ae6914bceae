"""The settings with their types, read once from one mapping: the environment, overlaid by flags."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from app.errors import SettingsError
from app.settings.table import SETTINGS
from app.settings.values import is_loopback, listed, number, on_loopback, one_of, origins, uris, url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.errors import DmiError

_NAMES = re.compile(r"\b(?:DMI|MONGODB)_[A-Z_]+\b")

_TAKEN_WITH: Final = {"DMI_AUTH": {"DMI_ALLOW_OPEN": "1"}}
"""What else a variable that is wrong counts for: a server that should ask for tokens is not told that it is open."""


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
    subscriptions: bool
    reference_cache: int
    access_log: str  # "" where there is none
    audit: Literal["off", "on", "required"]
    explain: bool
    otel: bool
    metrics: bool
    max_head: int
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
    max_sockets: int
    max_subscriptions: int
    max_unread: int
    proxies: tuple[str, ...]


def read_settings(environment: Mapping[str, str], check: Callable[[Settings], None] | None = None) -> Settings:
    """The settings of a mapping such as os.environ, which `check` may look at further. Raises SettingsError, which
    names every variable that is wrong, and the remedy for each."""
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
            try:
                if check:
                    check(settings)
            except SettingsError as problem:
                problems.append(problem)
            if not problems:
                return settings
            break
    raise all_of(problems)


def all_of(problems: Sequence[DmiError]) -> SettingsError:
    """Several problems as one, a line for each."""
    told = {each.en: each.fr for each in problems}
    return SettingsError("\n".join(told), "\n".join(told.values()))


def misspelt(environment: Mapping[str, str]) -> list[SettingsError]:
    """What is said of variables that look like settings and are none, such as DMI_MAX_DEPHT."""
    known = {setting.name for setting in SETTINGS}
    found = []
    for name in sorted(name for name in environment if name.startswith("DMI_") and name not in known):
        close = get_close_matches(name, known, 1)
        meant, voulu = (f" Is {close[0]} meant?", f" S’agit-il de {close[0]} ?") if close else ("", "")
        found.append(
            SettingsError(
                f"{name} is no setting, and is passed over.{meant}",
                f"{name} n’est pas un paramètre et reste sans effet.{voulu}",
            )
        )
    return found


def _settings(given: Mapping[str, str]) -> Settings:
    host = given["DMI_HOST"]
    tokens = _tokens(given)
    allow_open = one_of("DMI_ALLOW_OPEN", given, ("0", "1")) == "1"
    if not is_loopback(host) and tokens is None and not allow_open:
        raise SettingsError(
            f"DMI_HOST={host} would let the whole network read patient data without authentication. "
            "Set DMI_AUTH=jwt, or DMI_ALLOW_OPEN=1 if that network is closed, or listen on 127.0.0.1.",
            f"DMI_HOST={host} laisserait tout le réseau lire les données des patients sans authentification. "
            "Définissez DMI_AUTH=jwt, ou DMI_ALLOW_OPEN=1 si ce réseau est fermé, ou écoutez sur 127.0.0.1.",
        )
    base_url = url("DMI_BASE_URL", given)
    store = given["DMI_STORE"] or _mongodb(given) or "embedded:./data"
    return Settings(
        store=store,
        host=host,
        hosts=_hosts(given["DMI_HOSTS"], host, base_url),
        tokens=tokens,
        port=number("DMI_PORT", given, 0, 65_535),
        workers=_workers(given, store),
        profiles=given["DMI_PROFILES"],
        references=one_of("DMI_REFERENCES", given, ("ignore", "warn", "enforce")),
        unique_interventions=one_of("DMI_UNIQUE_INTERVENTIONS", given, ("on", "off")) == "on",
        update_create=one_of("DMI_UPDATE_CREATE", given, ("on", "off")) == "on",
        example_data=one_of("DMI_EXAMPLE_DATA", given, ("auto", "off")) == "auto",
        base_url=base_url,
        procedure_systems=uris("DMI_PROCEDURE_SYSTEMS", given),
        origins=origins("DMI_ORIGINS", given),
        page=on_loopback("DMI_PAGE", given),
        trusted_operations=one_of("DMI_OPERATIONS", given, ("any", "trusted")) == "trusted",
        introspection=on_loopback("DMI_INTROSPECTION", given),
        subscriptions=one_of("DMI_SUBSCRIPTIONS", given, ("on", "off")) == "on",
        reference_cache=number("DMI_REFERENCE_CACHE", given, 0, 3_600),
        access_log=_access_log(given["DMI_ACCESS_LOG"]),
        audit=one_of("DMI_AUDIT", given, ("off", "on", "required")),
        explain=on_loopback("DMI_EXPLAIN", given),
        otel=one_of("DMI_OTEL", given, ("on", "off")) == "on",
        metrics=one_of("DMI_METRICS", given, ("on", "off")) == "on",
        max_head=number("DMI_MAX_HEAD", given, 4_096, 16_777_216),
        max_body=number("DMI_MAX_BODY", given, 1_024, 1_073_741_824),
        max_rows=number("DMI_MAX_ROWS", given, 1, 100_000),
        max_depth=number("DMI_MAX_DEPTH", given, 1, 1_000),
        max_aliases=number("DMI_MAX_ALIASES", given, 0, 100_000),
        max_directives=number("DMI_MAX_DIRECTIVES", given, 0, 100_000),
        max_root_fields=number("DMI_MAX_ROOT_FIELDS", given, 1, 100_000),
        max_tokens=number("DMI_MAX_TOKENS", given, 100, 1_000_000),
        max_cost=number("DMI_MAX_COST", given, 1, 1_000_000_000),
        max_answer=number("DMI_MAX_ANSWER", given, 1_024, 1_073_741_824),
        max_seconds=number("DMI_MAX_SECONDS", given, 1, 86_400),
        max_client_seconds=number("DMI_MAX_CLIENT_SECONDS", given, 1, 86_400),
        max_requests=number("DMI_MAX_REQUESTS", given, 1, 100_000),
        max_waiting=number("DMI_MAX_WAITING", given, 0, 100_000),
        max_sockets=number("DMI_MAX_SOCKETS", given, 1, 100_000),
        max_subscriptions=number("DMI_MAX_SUBSCRIPTIONS", given, 1, 100_000),
        max_unread=number("DMI_MAX_UNREAD", given, 1_024, 1_073_741_824),
        proxies=listed(given["DMI_PROXIES"]),
    )


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
    if one_of("DMI_AUTH", given, ("off", "jwt")) == "off":
        return None
    needed = ("DMI_JWT_ISSUER", "DMI_JWT_AUDIENCE", "DMI_JWT_KEYS")
    if missing := ", ".join(name for name in needed if not listed(given[name])):
        raise SettingsError(
            f"{missing} must be set for DMI_AUTH=jwt: else anybody's token would do.",
            f"{missing} : à définir pour DMI_AUTH=jwt, sinon tout jeton conviendrait.",
        )
    return TokenSettings(
        given["DMI_JWT_ISSUER"],
        listed(given["DMI_JWT_AUDIENCE"]),
        _source("DMI_JWT_KEYS", given),
        given["DMI_JWT_ORGANIZATION"],
        number("DMI_JWT_SKEW", given, 0, 600),
        given["DMI_SMART_CONFIGURATION"],
    )


def _source(name: str, given: Mapping[str, str]) -> str:
    """An address or the path of a file. What decides whom to trust must not be changed on its way."""
    value, over_http = given[name], one_of("DMI_JWT_KEYS_HTTP", given, ("off", "on")) == "on"
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
    workers = number("DMI_WORKERS", given, 1, 1_000)
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
        return listed(given)
    if not is_loopback(host):
        return ("*",)
    known = urlsplit(base_url).hostname
    return ("localhost", "127.0.0.1", "::1", "[::1]", host, *([known] if known else []))
