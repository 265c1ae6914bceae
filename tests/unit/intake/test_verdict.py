from __future__ import annotations

import pytest

from app.errors import InvalidResource
from app.intake.verdict import MOST, judge
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import procedure


@pytest.fixture
def validator() -> Validator:
    return Validator(load_profiles(), DEFAULTS)


def test_a_valid_resource_is_accepted_as_it_was_sent(validator: Validator) -> None:
    sent = procedure()
    verdict = judge(validator, sent, "Procedure")
    assert verdict.valid
    assert verdict.accepted() is sent


def test_an_invalid_resource_raises_every_issue(validator: Validator) -> None:
    verdict = judge(validator, procedure(status=None, subject=None), "Procedure")
    with pytest.raises(InvalidResource) as caught:
        verdict.accepted()
    assert {issue.expression for issue in caught.value.issues} >= {"Procedure.status", "Procedure.subject"}


def test_a_warning_does_not_keep_a_resource_out(validator: Validator) -> None:
    verdict = judge(validator, procedure(meta={"profile": ["urn:unknown:profile"]}), "Procedure")
    assert [issue.severity for issue in verdict.issues] == ["warning"]
    assert verdict.valid


def test_text_that_is_no_json_is_an_issue(validator: Validator) -> None:
    verdict = judge(validator, '{"resourceType": ', "Procedure")
    assert [issue.code for issue in verdict.issues] == ["structure"]


def test_text_is_read_as_the_resource_it_holds(validator: Validator) -> None:
    assert judge(validator, '{"resourceType": "Organization", "name": "CHU"}').resource["name"] == "CHU"


def test_text_beyond_what_a_store_can_keep_is_refused_unread(validator: Validator) -> None:
    verdict = judge(validator, b" " * (MOST + 1))
    assert [issue.code for issue in verdict.issues] == ["too-long"]
