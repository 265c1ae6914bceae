"""A server that asks for tokens, and the issuer that it asks for keys: two processes, spoken to over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from tests.end_to_end.processes import command, serving
from tests.issuer import AUDIENCE, NAME, after, issuing, jwk, jwks, token

if TYPE_CHECKING:
    from pathlib import Path

QUERY = {"query": "{ PatientConnection { count } ProcedureList(_count: 1) { subject { resource { id } } } }"}


def test_a_server_lets_in_who_has_a_token_and_shows_what_it_reaches(tmp_path: Path) -> None:
    with issuing() as issuer:
        issuer.body = jwks(jwk("RS256", kid="rsa"), jwk(kid="k0"))
        settings = {
            "DMI_STORE": f"embedded:{tmp_path}",
            "DMI_AUTH": "jwt",
            "DMI_JWT_ISSUER": NAME,
            "DMI_JWT_AUDIENCE": AUDIENCE,
            "DMI_JWT_KEYS": issuer.address,
        }
        with serving(**settings) as server, httpx.Client(base_url=server.url, timeout=30) as http:

            def asked(sent: str) -> httpx.Response:
                return http.post("/graphql", json=QUERY, headers={"Authorization": f"Bearer {sent}"} if sent else {})

            assert http.get("/health").status_code == 200
            assert [asked(sent).status_code for sent in ("", "x", token(exp=after(-99)))] == [401, 401, 401]
            everything = asked(token("RS256", kid="rsa", scope="system/*.rs"))
            assert everything.status_code == 200
            assert everything.json()["data"]["PatientConnection"]["count"] > 100
            procedures = asked(token(scope="user/Procedure.rs")).json()
            assert procedures["data"] == {
                "PatientConnection": None,
                "ProcedureList": [{"subject": {"resource": None}}],
            }
            patient = everything.json()["data"]["ProcedureList"][0]["subject"]["resource"]["id"]
            own = asked(token(scope="patient/*.rs", patient=patient)).json()["data"]
            assert (own["PatientConnection"]["count"], own["ProcedureList"][0]["subject"]["resource"]) == (
                1,
                {"id": patient},
            )
            assert issuer.asked <= 2
    # Who works on the store itself needs no token.
    assert command("recall", "--lot", "none", DMI_STORE=f"embedded:{tmp_path}").returncode == 0


def test_a_server_does_not_start_without_the_keys_that_it_is_told(tmp_path: Path) -> None:
    settings = {"DMI_AUTH": "jwt", "DMI_JWT_ISSUER": NAME, "DMI_JWT_AUDIENCE": AUDIENCE}
    missing = command("serve", DMI_STORE=f"embedded:{tmp_path}", DMI_JWT_KEYS=str(tmp_path / "none.json"), **settings)
    assert missing.returncode
    assert "DMI_JWT_KEYS" in missing.stderr
    assert "Traceback" not in missing.stderr
