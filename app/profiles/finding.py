"""What a rule says when it is broken, and the list that a validation gives back.

A rule yields findings; it knows what is wrong and how far below the element it looked at. Whoever ran the rule adds
the place. Texts are made only here, so that a valid resource costs no text at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from app.errors import Issue, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.fhir.resource import Json

MOST_FINDINGS: Final = 500

Fact: TypeAlias = str | int | tuple[str, str]
"""A word in a message; a pair is its English and its French form."""


Rule: TypeAlias = "Callable[[Mapping[str, Json]], Iterable[Finding]]"
"""A rule for a JSON object of one type."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of finding: the last word of its rule's id, its FHIR issue type and its text in two languages.

    The texts are templates over `path` and the facts of the finding.
    Codes: https://hl7.org/fhir/R4/valueset-issue-type.html"""

    aspect: str
    code: str
    en: str
    fr: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule: `below` is where, under the element the rule was given (".value", "[2].system" or "").

    `rule` is the whole id where it is not made of the place and the kind ("ele-1")."""

    kind: Kind
    below: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    rule: str = ""


_MORE = Kind(
    "cap",
    "too-costly",
    "{count} more findings are not shown, {errors} of them errors. Correct those shown and validate again.",
    "{count} autres constats ne sont pas affichés, dont {errors} erreurs. Corrigez les premiers puis revalidez.",
)


def business_warning(rule: str, en: str, fr: str) -> Kind:
    """A rule of good traceability that neither R4 nor a profile demands: a warning, never a refusal."""
    return Kind(rule, "business-rule", en, fr, "warning")


class Findings:
    """The issues of one validation in the order they were found: the first 500, then one that counts the others. No
    error is hidden behind warnings: it takes the place of the last one."""

    __slots__ = ("_beyond", "_errors_beyond", "_issues", "_most", "_seen", "_warnings", "errors")

    def __init__(self, most: int = MOST_FINDINGS) -> None:
        self._issues: list[Issue] = []
        self._seen: set[tuple[str, str]] = set()
        self._most = most
        self._beyond = 0
        self._errors_beyond = 0
        self._warnings = 0
        self.errors = 0

    def add(self, finding: Finding, path: str, rule: str) -> None:
        """Keeps a finding of the element at `path`; the same rule at the same place is said once."""
        is_error = finding.kind.severity == "error"
        self.errors += is_error
        is_full = len(self._issues) >= self._most
        if is_full and not (is_error and self._warnings):
            self._beyond += 1
            self._errors_beyond += is_error
            return
        where = path + finding.below
        if (where, rule) not in self._seen:
            if is_full:
                self._take_back_a_warning()
            self._seen.add((where, rule))
            self._issues.append(_issue(finding, where, rule))
            self._warnings += not is_error

    def _take_back_a_warning(self) -> None:
        places = range(len(self._issues) - 1, -1, -1)
        del self._issues[next(place for place in places if self._issues[place].severity != "error")]
        self._warnings -= 1
        self._beyond += 1

    def issues(self) -> tuple[Issue, ...]:
        """Every issue kept, and how many there were beyond."""
        if not self._beyond:
            return tuple(self._issues)
        severity: Severity = "error" if self._errors_beyond else "warning"
        facts = {"count": self._beyond, "errors": self._errors_beyond}
        more = Issue(severity, _MORE.code, _MORE.en.format(**facts), _MORE.fr.format(**facts), rule=_MORE.aspect)
        return (*self._issues, more)


def _issue(finding: Finding, path: str, rule: str) -> Issue:
    kind = finding.kind
    english, french = (
        template.format(path=path, **{name: _said(fact, language) for name, fact in finding.facts.items()})
        for language, template in enumerate((kind.en, kind.fr))
    )
    return Issue(kind.severity, kind.code, f"{english} [{rule}]", f"{french} [{rule}]", path, rule)


def _said(fact: Fact, language: int) -> str | int:
    return fact[language] if isinstance(fact, tuple) else fact
