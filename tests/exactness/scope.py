"""Which fields stand under which response keys, so that a random selection merges with what is there already.

https://spec.graphql.org/October2021/#sec-Field-Selection-Merging
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Entry:
    """A field under a response key: the text of its name with arguments and directives, its type, what is below."""

    text: str
    type: str
    below: Scope


@dataclass
class Scope:
    """The response keys of one object of an answer."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def admits(self, key: str, text: str, type_name: str) -> bool:
        """Whether a field may stand under a key. One of another type with the same name counts as the same field."""
        entry = self.entries.get(key)
        return entry is None or (entry.text, entry.type) == (text, type_name)

    def enter(self, key: str, text: str, type_name: str) -> Scope:
        """Put a field under a key, and answer the scope of what is selected in it."""
        return self.entries.setdefault(key, Entry(text, type_name, Scope())).below

    def admits_all(self, other: Scope) -> bool:
        """Whether everything in another scope, at every depth, may stand here too."""
        return all(
            self.admits(key, entry.text, entry.type)
            and (key not in self.entries or self.entries[key].below.admits_all(entry.below))
            for key, entry in other.entries.items()
        )

    def enter_all(self, other: Scope) -> None:
        """Put everything in another scope here too."""
        for key, entry in other.entries.items():
            self.enter(key, entry.text, entry.type).enter_all(entry.below)
