"""Where clients get tokens, and what for: https://hl7.org/fhir/smart-app-launch/conformance.html"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import SettingsError
from app.main import create_app
from app.settings import read_settings
from app.web.authentication.smart import PATHS
from tests.issuer import AUDIENCE, NAME, jwks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Start

ISSUED = {
    "issuer": NAME,
    "authorization_endpoint": f"{NAME}/authorize",
    "token_endpoint": f"{NAME}/token",
    "grant_types_supported": ["client_credentials"],
    "code_challenge_methods_supported": ["S256"],
    "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    "scopes_supported": ["openid"],
}


def environment(tmp_path: Path, offered: Any = None, **more: str) -> dict[str, str]:
    keys, smart = tmp_path / "keys.json", tmp_path / "smart.json"
    keys.write_bytes(jwks())
    if offered is not None:
        smart.write_text(offered if isinstance(offered, str) else json.dumps(offered))
    given = {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": NAME, "DMI_JWT_AUDIENCE": AUDIENCE, "DMI_JWT_KEYS": str(keys)}
    return {**given, **({"DMI_SMART_CONFIGURATION": str(smart)} if offered is not None else {}), **more}


@pytest.mark.parametrize("path", PATHS)
async def test_what_the_issuer_offers_is_told_with_what_this_server_knows(
    start: Start, tmp_path: Path, path: str
) -> None:
    product = await start(environment=environment(tmp_path, ISSUED))
    response = await product.http.get(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    told = response.json()
    assert {name: told[name] for name in ISSUED if name not in ("capabilities", "scopes_supported")} == {
        name: value for name, value in ISSUED.items() if name not in ("capabilities", "scopes_supported")
    }
    assert set(told["capabilities"]) == {
        "client-confidential-asymmetric",
        *("permission-patient", "permission-user", "permission-v1", "permission-v2"),
    }
    assert {"openid", "system/*.cruds", "patient/*.cruds"} <= set(told["scopes_supported"])


async def test_without_a_file_the_issuer_and_its_keys_are_told(start: Start, tmp_path: Path) -> None:
    address = "https://issuer.example/keys"
    product = await start(environment=environment(tmp_path, DMI_JWT_KEYS=address))
    told = (await product.http.get(PATHS[0])).json()
    assert (told["issuer"], told["jwks_uri"], "token_endpoint" in told) == (NAME, address, False)


async def test_the_statement_tells_that_tokens_are_needed_and_where_they_are_given(
    start: Start, tmp_path: Path
) -> None:
    product = await start(environment=environment(tmp_path, ISSUED))
    security = (await product.http.get("/fhir/metadata")).json()["rest"][0]["security"]
    assert security["service"][0]["coding"][0]["code"] == "SMART-on-FHIR"
    [endpoints] = security["extension"]
    assert {each["url"]: each["valueUri"] for each in endpoints["extension"]} == {
        "authorize": f"{NAME}/authorize",
        "token": f"{NAME}/token",
    }


async def test_an_open_server_tells_of_no_tokens(start: Start) -> None:
    product = await start()
    assert [(await product.http.get(path)).status_code for path in PATHS] == [404, 404]
    assert "security" not in (await product.http.get("/fhir/metadata")).json()["rest"][0]


@pytest.mark.parametrize("offered", ["", "<html>", "[]", {"issuer": "https://other.example"}])
def test_a_file_that_tells_of_no_issuer_or_of_another_is_refused_at_start(tmp_path: Path, offered: Any) -> None:
    with pytest.raises(SettingsError, match="DMI_SMART_CONFIGURATION"):
        create_app(read_settings({"DMI_STORE": "memory:", **environment(tmp_path, offered)}))


def test_a_file_that_is_missing_is_refused_at_start(tmp_path: Path) -> None:
    given = environment(tmp_path, DMI_SMART_CONFIGURATION=str(tmp_path / "none.json"))
    with pytest.raises(SettingsError, match="DMI_SMART_CONFIGURATION"):
        create_app(read_settings({"DMI_STORE": "memory:", **given}))
