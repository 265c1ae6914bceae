from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.profiles import Validator
    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def narrated(div: str) -> Document:
    return patient(text={"status": "generated", "div": div})


@pytest.mark.parametrize(
    "inside",
    [
        "a",
        "é \u00a0 &amp; &lt; &#160;",
        "<p class='x' style='color: red'>a<br/></p><!-- a -->",
        "<table border='1'><tbody><tr><td colspan='2' nowrap='nowrap'>a</td></tr></tbody></table>",
        "<a href='https://a.b' name='x'>a</a>",
        "<img src='#pic' alt='x'/>",
        "<a href='https://a.b/*/javascript:'>a</a>",
        "<img src='data:image/png;base64,QUJD'/>",
        "<h1 lang='fr' xml:lang='fr'>a</h1><ul><li>b</li></ul>",
        "<![CDATA[a < b]]>",
    ],
)
def test_basic_formatting_is_accepted(errors: Errors, inside: str) -> None:
    assert errors(narrated(f"<div {XHTML}>{inside}</div>")) == []


@pytest.mark.parametrize(
    "div",
    [
        f"<div {XHTML}><script>a</script></div>",
        f"<div {XHTML}><p onclick='a()'>a</p></div>",
        f"<div {XHTML}><p ONCLICK='a()'>a</p></div>",
        f"<div {XHTML}><a href='javascript:a()'>a</a></div>",
        f"<div {XHTML}><a href=' java&#10;script:a()'>a</a></div>",
        f"<div {XHTML}><a href='data:text/html,a'>a</a></div>",
        f"<div {XHTML}><p style='width: expression(a())'>a</p></div>",
        f"<div {XHTML}><p style='background: url(JavaScript:a())'>a</p></div>",
        f"<div {XHTML}><p style='width: exp/**/ression(a())'>a</p></div>",
        f"<div {XHTML}><p style='width: \\65xpression(a())'>a</p></div>",
        f"<div {XHTML}><iframe src='https://a.b'/>a</div>",
        f"<div {XHTML}><form>a</form></div>",
        f"<div {XHTML}><ins>a</ins></div>",
        f"<div {XHTML}><P>a</P></div>",
        f"<div {XHTML}><svg xmlns='http://www.w3.org/2000/svg'>a</svg></div>",
        f"<div {XHTML}>a&nbsp;b</div>",
        f"<div {XHTML}>a<br></div>",
        f"<div {XHTML}>a</div><div {XHTML}>b</div>",
        f"<p {XHTML}>a</p>",
        "<div>a</div>",
        "<div xmlns='http://www.w3.org/2000/svg'>a</div>",
        "a",
        f"<!DOCTYPE div [<!ENTITY a 'aaaa'>]><div {XHTML}>&a;</div>",
        f"<div {XHTML}><?php a ?>b</div>",
        f"<div {XHTML}>a",
    ],
)
def test_anything_else_breaks_txt_1(errors: Errors, div: str) -> None:
    assert errors(narrated(div)) == [("Patient.text.div", "txt-1")]


def test_a_wrong_root_is_said_in_both_languages(validator: Validator) -> None:
    (issue,) = validator.validate(narrated(f"<p {XHTML}>a</p>"))
    assert "a root other than <div" in issue.en
    assert "une racine autre que <div" in issue.fr


@pytest.mark.parametrize("inside", ["", " \n ", "<p/>", "<p> </p><!-- a -->", "<br/>"])
def test_a_blank_narrative_breaks_txt_2(errors: Errors, inside: str) -> None:
    assert errors(narrated(f"<div {XHTML}>{inside}</div>")) == [("Patient.text.div", "txt-2")]


def test_what_is_no_text_is_of_the_wrong_json_type(errors: Errors) -> None:
    found = errors(patient(text={"status": "generated", "div": {"p": "a"}}))
    assert found == [("Patient.text.div", "R4#Patient.text.div.json-type")]


def test_a_hundred_thousand_nested_elements_are_read_without_exhausting_the_stack(errors: Errors) -> None:
    deep = "<b>" * 100_000 + "a" + "</b>" * 100_000
    assert errors(narrated(f"<div {XHTML}>{deep}</div>")) == []
