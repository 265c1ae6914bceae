"""What values a setting may have: each kind is read in one way; what is wrong is told with the variable's name."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, TypeVar

from app.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = TypeVar("Value", bound=str)

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s|,]+")


def one_of(name: str, given: Mapping[str, str], allowed: tuple[Value, ...]) -> Value:
    """The one of the allowed words, whatever its case. Raises SettingsError."""
    for value in allowed:
        if value == given[name].lower():
            return value
    words = ", ".join(allowed)
    raise SettingsError(f"{name} must be one of: {words}.", f"{name} doit être parmi : {words}.")


def number(name: str, given: Mapping[str, str], least: int, most: int) -> int:
    """A whole number within bounds. Raises SettingsError."""
    value = given[name]
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise SettingsError(
            f"{name} must be a whole number from {least} to {most}.",
            f"{name} doit être un nombre entier de {least} à {most}.",
        )
    return int(value)


def on_loopback(name: str, given: Mapping[str, str]) -> bool:
    """A setting that is on where only this machine can see it, unless it says more."""
    value = one_of(name, given, ("auto", "on", "off"))
    return value == "on" or (value == "auto" and is_loopback(given["DMI_HOST"]))


def listed(given: str) -> tuple[str, ...]:
    """The parts between commas."""
    return tuple(part.strip() for part in given.split(",") if part.strip())


def url(name: str, given: Mapping[str, str]) -> str:
    """An address of the web, "" where it is unset. Raises SettingsError."""
    value = given[name].rstrip("/")
    if value and not value.startswith(("http://", "https://")):
        raise SettingsError(
            f"{name} must begin with http:// or https://.", f"{name} doit commencer par http:// ou https://."
        )
    return value


def origins(name: str, given: Mapping[str, str]) -> tuple[str, ...]:
    """Exact origins, as a browser tells them. Raises SettingsError."""
    found = listed(given[name].lower())
    if not all(_ORIGIN.fullmatch(origin) for origin in found):
        raise SettingsError(
            f"{name} must hold exact origins, separated by commas: scheme, host and, where it is not the usual one, "
            "port, as in https://portal.example or http://localhost:5173; no path, and no *.",
            f"{name} doit contenir des origines exactes, séparées par des virgules : schéma, hôte et, s’il n’est pas "
            "usuel, port, comme https://portal.example ou http://localhost:5173 ; ni chemin, ni *.",
        )
    return found


def uris(name: str, given: Mapping[str, str]) -> tuple[str, ...]:
    """Absolute URIs, each once. Raises SettingsError."""
    found = listed(given[name])
    if not all(_URI.fullmatch(uri) for uri in found):
        raise SettingsError(
            f"{name} must hold absolute URIs of code systems, separated by commas, as in https://… or urn:oid:….",
            f"{name} doit contenir des URI absolues de systèmes de codes, séparées par des virgules, comme https://… "
            "ou urn:oid:….",
        )
    return tuple(dict.fromkeys(found))


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
