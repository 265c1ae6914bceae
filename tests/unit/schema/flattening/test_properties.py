"""What holds of every answer, whatever is asked and stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from graphql import build_schema, execute_sync, parse
from graphql.execution.values import VariableValues
from hypothesis import given, settings
from hypothesis import strategies as st

from app.schema.flattening.directives import SHAPING
from app.schema.flattening.plan import plan_of
from app.schema.flattening.shaping import shaped

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = build_schema("""
  type Node { text: String texts: [String] one: Node many: [Node] }
  type Query { one: Node many: [Node] }
""")
SCHEMA.directives += SHAPING
LEAVES = ("text", "texts")
BRANCHES = ("one", "many")

texts = st.text("ab.", max_size=2)
nodes = st.recursive(
    st.fixed_dictionaries({}, optional={"text": texts | st.none(), "texts": st.none() | st.lists(texts, max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "text": texts,
            "texts": st.lists(texts, max_size=2),
            "one": inner | st.none(),
            "many": st.none() | st.lists(inner | st.none(), max_size=3),
        },
    ),
    max_leaves=12,
)


def selections(directives: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Selection sets in which each branch may have directives."""

    def below(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        branch = st.builds("{} {} {}".format, st.sampled_from(BRANCHES), directives, inner)
        fields = st.lists(
            branch | st.sampled_from(LEAVES), min_size=1, max_size=3, unique_by=lambda each: each.split()[0]
        )
        return st.builds("{{ {} }}".format, fields.map(" ".join))

    return st.recursive(st.just("{ text texts }"), below, max_leaves=8)


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None:
        yield value


def executed(query: str, data: dict[str, Any]) -> dict[str, Any]:
    result = execute_sync(SCHEMA, parse(query), data)
    assert result.errors is None
    assert result.data is not None
    return result.data


def answer(query: str, data: dict[str, Any]) -> dict[str, Any]:
    made = plan_of(SCHEMA, parse(query), None, VariableValues({}, {}))
    return shaped(executed(query, data), made.shape)[0]


@settings(max_examples=200, deadline=None)
@given(
    nodes, selections(st.sampled_from(["", "@flatten", '@flatten @slice(path: "$index")', '@slice(path: "$index")']))
)
def test_flattening_and_slicing_keep_every_value(data: dict[str, Any], selection: str) -> None:
    query = f"{{ one {selection} }}"
    assert Counter(leaves(answer(query, {"one": data}))) == Counter(leaves(executed(query, {"one": data})))


@settings(max_examples=100, deadline=None)
@given(nodes, selections(st.sampled_from(["", "@first", "@flatten @first", "@flatten", "@singleton"])))
def test_shaping_makes_no_value_up(data: dict[str, Any], selection: str) -> None:
    query = f"{{ one {selection} }}"
    assert Counter(leaves(answer(query, {"one": data}))) <= Counter(leaves(executed(query, {"one": data})))


@settings(max_examples=100, deadline=None)
@given(nodes, selections(st.just("")))
def test_an_answer_without_directives_is_returned_as_it_is(data: dict[str, Any], selection: str) -> None:
    query = f"{{ one {selection} }}"
    made = plan_of(SCHEMA, parse(query), None, VariableValues({}, {}))
    result = executed(query, {"one": data})
    assert shaped(result, made.shape)[0] is result
