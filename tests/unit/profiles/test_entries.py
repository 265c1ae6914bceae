from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]

UUID = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"


def bundle(url: str, resource: Document | None = None) -> Document:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": url, "resource": resource or patient()}],
    }


@pytest.mark.parametrize("url", ["Patient/p1", "/Patient/p1", "p1", "//a.b/Patient/p1", "#p1", "http:"])
def test_a_relative_full_url_is_refused(errors: Errors, url: str) -> None:
    assert errors(bundle(url)) == [("Bundle.entry[0].fullUrl", "R4#Bundle.entry.fullUrl.absolute")]


@pytest.mark.parametrize("url", ["http://a.b/fhir/Patient/p2", "http://a.b/fhir/Group/p1"])
def test_a_full_url_that_names_another_resource_is_refused(errors: Errors, url: str) -> None:
    assert errors(bundle(url)) == [("Bundle.entry[0].fullUrl", "R4#Bundle.entry.fullUrl.agreement")]


@pytest.mark.parametrize("url", ["http://a.b/fhir/Patient/p1", UUID, "urn:oid:1.2.3", "http://a.b/1", "http://a.b/x/y"])
def test_a_full_url_that_is_absolute_and_names_no_other_resource_is_accepted(errors: Errors, url: str) -> None:
    assert errors(bundle(url)) == []


def test_a_resource_without_an_id_agrees_with_any_full_url_of_its_type(errors: Errors) -> None:
    assert errors(bundle("http://a.b/Patient/p2", patient(id=None))) == []
