from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.errors import SettingsError
from app.settings import SETTINGS, TokenSettings, is_loopback, misspelt, read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings


def test_without_settings_the_embedded_store_is_used_on_loopback() -> None:
    settings = read_settings({})
    assert (settings.store, settings.host, settings.port) == ("embedded:./data", "127.0.0.1", 8000)


def test_mongodb_is_used_when_its_uri_is_set() -> None:
    assert read_settings({"MONGODB_URI": "mongodb://x/dmi"}).store == "mongodb://x/dmi"


def test_the_store_that_is_named_wins_over_mongodb() -> None:
    assert read_settings({"MONGODB_URI": "mongodb://x/dmi", "DMI_STORE": "memory:"}).store == "memory:"


def test_the_address_of_mongodb_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "uri"
    file.write_text("mongodb://u:p@x/dmi\n", encoding="utf-8")
    assert read_settings({"MONGODB_URI_FILE": str(file)}).store == "mongodb://u:p@x/dmi"
    assert read_settings({"MONGODB_URI_FILE": str(file), "DMI_STORE": "memory:"}).store == "memory:"
    with pytest.raises(SettingsError, match="both set"):
        read_settings({"MONGODB_URI_FILE": str(file), "MONGODB_URI": "mongodb://y"})


@pytest.mark.parametrize("content", [None, b"", b"u:secret@x", b"\xff"])
def test_a_file_without_the_address_is_named_and_its_content_is_not(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "uri"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        read_settings({"MONGODB_URI_FILE": str(file)})
    assert str(file) in str(refused.value)
    assert "secret" not in str(refused.value)


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read_settings({"DMI_PORT": " "}).port == 8000


def test_interventions_are_unique_and_updates_create_nothing_unless_told() -> None:
    settings = read_settings({})
    assert (settings.unique_interventions, settings.update_create) == (True, False)
    told = read_settings({"DMI_UNIQUE_INTERVENTIONS": "off", "DMI_UPDATE_CREATE": "on"})
    assert (told.unique_interventions, told.update_create) == (False, True)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "dmi.example"])  # noqa: S104 - they must be refused
def test_listening_beyond_loopback_without_authentication_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="DMI_ALLOW_OPEN=1"):
        read_settings({"DMI_HOST": host})
    assert read_settings({"DMI_HOST": host, "DMI_ALLOW_OPEN": "1"}).host == host


JWT = {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": "https://i", "DMI_JWT_AUDIENCE": "a, b", "DMI_JWT_KEYS": "https://i/keys"}


def test_with_tokens_a_server_may_listen_anywhere() -> None:
    settings = read_settings({"DMI_HOST": "192.0.2.7", **JWT})
    assert settings.tokens == TokenSettings("https://i", ("a", "b"), "https://i/keys", "", 60)
    assert read_settings({}).tokens is None


@pytest.mark.parametrize("name", ["DMI_JWT_ISSUER", "DMI_JWT_AUDIENCE", "DMI_JWT_KEYS"])
@pytest.mark.parametrize("value", ["", " ", ","])
def test_tokens_need_to_be_somebodys_and_for_somebody(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({**JWT, name: value})


@pytest.mark.parametrize("value", ["-1", "601", "1.5", "a minute"])
def test_clocks_differ_by_minutes_at_most(value: str) -> None:
    with pytest.raises(SettingsError, match="DMI_JWT_SKEW"):
        read_settings({**JWT, "DMI_JWT_SKEW": value})


def test_keys_come_by_https_or_from_this_machine_unless_told() -> None:
    for keys in ("https://i/keys", "http://127.0.0.1:9/keys", "http://localhost/keys", "/etc/dmi/keys.json"):
        assert read_settings({**JWT, "DMI_JWT_KEYS": keys}).tokens
    closed = {**JWT, "DMI_JWT_KEYS": "HTTP://issuer/keys"}
    with pytest.raises(SettingsError, match="DMI_JWT_KEYS"):
        read_settings(closed)
    assert read_settings({**closed, "DMI_JWT_KEYS_HTTP": "on"}).tokens


def test_introspection_and_the_page_are_off_beyond_loopback_unless_told() -> None:
    beyond = {"DMI_HOST": "192.0.2.7", "DMI_ALLOW_OPEN": "1"}
    here, there = read_settings({}), read_settings(beyond)
    told = read_settings({**beyond, "DMI_INTROSPECTION": "on", "DMI_PAGE": "on"})
    assert (here.introspection, here.page) == (True, True)
    assert (there.introspection, there.page) == (False, False)
    assert (told.introspection, told.page) == (True, True)


def test_origins_are_exact() -> None:
    given = "https://Portal.example, http://localhost:5173,http://[::1]:9"
    exact = ("https://portal.example", "http://localhost:5173", "http://[::1]:9")
    assert read_settings({"DMI_ORIGINS": given}).origins == exact


@pytest.mark.parametrize(
    "origins", ["*", "https://*.example", "portal.example", "https://portal.example/", "null", "ftp://x", "https://a b"]
)
def test_what_is_no_exact_origin_is_refused(origins: str) -> None:
    with pytest.raises(SettingsError, match="DMI_ORIGINS"):
        read_settings({"DMI_ORIGINS": f"https://fine.example,{origins}"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DMI_PORT", "70000"),
        ("DMI_PORT", "http"),
        ("DMI_PORT", "٣"),
        ("DMI_WORKERS", "0"),
        ("DMI_WORKERS", "many"),
        ("DMI_MAX_ROWS", "0"),
        ("DMI_MAX_BODY", "-1"),
        ("DMI_AUTH", "basic"),
        ("DMI_ALLOW_OPEN", "yes"),
        ("DMI_INTROSPECTION", "maybe"),
        ("DMI_ACCESS_LOG", "on"),
        ("DMI_METRICS", "1"),
        ("DMI_AUDIT", "yes"),
        ("DMI_EXPLAIN", "1"),
        ("DMI_OTEL", "1"),
        ("DMI_REFERENCE_CACHE", "-1"),
        ("DMI_REFERENCE_CACHE", "3601"),
        ("DMI_REFERENCE_CACHE", "5s"),
        ("DMI_EXAMPLE_DATA", "some"),
        ("DMI_UNIQUE_INTERVENTIONS", "1"),
        ("DMI_UPDATE_CREATE", "yes"),
        ("DMI_PROCEDURE_SYSTEMS", "ccam"),
        ("DMI_PROCEDURE_SYSTEMS", "urn:oid:1.2, two words"),
        ("DMI_PROCEDURE_SYSTEMS", "urn:oid:1.2|code"),
    ],
)
def test_a_wrong_value_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DMI_PORT": "x", "DMI_MAX_ROWS": "0", "DMI_AUDIT": "?"}, ["DMI_PORT", "DMI_AUDIT", "DMI_MAX_ROWS"]),
        ({"DMI_HOST": "192.0.2.7", "DMI_PORT": "x"}, ["DMI_HOST", "DMI_PORT"]),
        ({"DMI_HOST": "192.0.2.7", "DMI_AUTH": "token", "DMI_PORT": "x"}, ["DMI_AUTH", "DMI_PORT"]),
        ({"DMI_AUTH": "jwt", "DMI_HOST": "192.0.2.7", "DMI_PORT": "x"}, ["DMI_JWT_ISSUER", "DMI_PORT"]),
        ({"DMI_WORKERS": "2", "DMI_STORE": "memory:", "DMI_PORT": "x"}, ["DMI_PORT", "DMI_WORKERS"]),
        (
            {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": "x", "DMI_JWT_KEYS": "k", "DMI_JWT_AUDIENCE": ","},
            ["DMI_JWT_AUDIENCE"],
        ),
    ],
)
def test_everything_that_is_wrong_is_told_at_once(environment: dict[str, str], named: list[str]) -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings(environment)
    lines = raised.value.en.splitlines()
    assert [line.split(maxsplit=1)[0].partition("=")[0].strip(",") for line in lines] == named
    assert len(raised.value.fr.splitlines()) == len(lines)


def test_what_takes_a_further_look_is_told_with_the_rest() -> None:
    def check(settings: Settings) -> None:
        raise SettingsError(f"DMI_PROFILES is not {settings.profiles}.", "…")

    with pytest.raises(SettingsError) as raised:
        read_settings({"DMI_PORT": "x", "DMI_PROFILES": "good"}, check)
    assert raised.value.en == "DMI_PORT must be a whole number from 0 to 65535.\nDMI_PROFILES is not good."


def test_a_name_that_is_no_setting_is_told_with_the_one_that_may_be_meant() -> None:
    told = misspelt({"DMI_MAX_DEPHT": "3", "DMI_PORT": "1", "PATH": "/", "DMI_XYZZY": "x"})
    assert [each.en for each in told] == [
        "DMI_MAX_DEPHT is no setting, and is passed over. Is DMI_MAX_DEPTH meant?",
        "DMI_XYZZY is no setting, and is passed over.",
    ]


def test_every_setting_that_is_wrong_is_told_by_its_name() -> None:
    free = {
        *("DMI_STORE", "MONGODB_URI", "DMI_HOST", "DMI_HOSTS", "DMI_PROFILES", "DMI_PROXIES"),
        *("DMI_AUTH", "DMI_JWT_ISSUER", "DMI_JWT_AUDIENCE", "DMI_JWT_KEYS", "DMI_JWT_KEYS_HTTP", "DMI_JWT_SKEW"),
        *("DMI_JWT_ORGANIZATION", "DMI_SMART_CONFIGURATION"),
    }
    wrong = {setting.name: "?" for setting in SETTINGS if setting.name not in free}
    with pytest.raises(SettingsError) as raised:
        read_settings(wrong)
    assert {name for name in wrong if name not in raised.value.en} == set()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_these_addresses_are_loopback(host: str) -> None:
    assert is_loopback(host)


def test_every_flag_is_named_after_its_variable() -> None:
    assert {setting.name: setting.flag for setting in SETTINGS}["DMI_MAX_BODY"] == "--max-body"


def test_a_server_on_loopback_answers_to_its_own_names() -> None:
    hosts = read_settings({"DMI_BASE_URL": "https://dmi.example/fhir"}).hosts
    assert {"localhost", "127.0.0.1", "dmi.example"} <= set(hosts)
    assert "*" not in hosts


def test_a_server_beyond_loopback_answers_to_any_name_unless_told() -> None:
    beyond = {"DMI_HOST": "192.0.2.7", "DMI_ALLOW_OPEN": "1"}
    assert read_settings(beyond).hosts == ("*",)
    assert read_settings({**beyond, "DMI_HOSTS": "localhost, dmi"}).hosts == ("localhost", "dmi")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ()),
        (" , ", ()),
        ("https://a", ("https://a",)),
        ("https://a , urn:oid:1.2,https://a", ("https://a", "urn:oid:1.2")),
    ],
)
def test_the_code_systems_of_the_default_view_are_a_list(value: str, expected: tuple[str, ...]) -> None:
    assert read_settings({"DMI_PROCEDURE_SYSTEMS": value}).procedure_systems == expected


@pytest.mark.parametrize(("given", "workers"), [("", 1), ("4", 4), ("auto", None)])
def test_the_workers_are_counted_or_left_to_the_machine(given: str, workers: int | None) -> None:
    assert read_settings({"DMI_WORKERS": given}).workers == workers


@pytest.mark.parametrize(
    ("given", "path"), [("", ""), ("off", ""), ("stdout", "stdout"), ("/var/log/x", "/var/log/x"), ("./on", "./on")]
)
def test_the_access_log_is_off_on_standard_output_or_in_a_file(given: str, path: str) -> None:
    assert read_settings({"DMI_ACCESS_LOG": given}).access_log == path


def test_a_store_in_the_memory_of_one_process_is_not_shared_by_several() -> None:
    with pytest.raises(SettingsError, match="DMI_WORKERS"):
        read_settings({"DMI_STORE": "memory:", "DMI_WORKERS": "2"})
    assert read_settings({"DMI_STORE": "memory:", "DMI_WORKERS": "auto"}).workers is None
