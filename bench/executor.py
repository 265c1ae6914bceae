"""What executing a page costs, in memory: bench/executor.py

The same graph over the same dictionaries, executed by Strawberry (bench/stock.py) and by our compiled executor, beside
what encoding the finished answer takes. Then how the cost grows with the rows and with the levels of references."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING, Any, cast

from app.commands.garbage import search_seldom
from app.fhir.json import encode
from app.schema.build import build_schema
from bench.asking import PAGE, PUBLISHED, ROWS, leaves, nested
from bench.dataset import Dictionaries, documents
from bench.graph import SETTINGS, Graph
from bench.measure import Spread, in_turns, ratio, run, show
from bench.stock import DataLoaders, stock_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    import strawberry

    from app.store.repository import Repository
    from bench.measure import Work

MILLI, MICRO = 1e3, 1e6


def encoding(data: dict[str, Any], times: int) -> Work:
    """Seconds of processor time that encoding a finished answer takes, measured over several."""

    async def work() -> float:
        start = process_time()
        for _ in range(times):
            encode({"data": data})
        return (process_time() - start) / times

    return work


def told(name: str, measured: Sequence[float], stock: Sequence[float], values: int) -> tuple[object, ...]:
    """A line of the table: milliseconds a page, times as fast as stock, microseconds a value."""
    page = Spread.of([each * MILLI for each in measured])
    return name, f"{page:.2f}", f"{ratio(stock, measured):.1f}", f"{page.median * MILLI / values:.3f}"


async def compare(graph: Graph, stock: strawberry.Schema, ours: strawberry.Schema, *, quick: bool) -> None:
    """Our executor beside Strawberry's and beside encoding alone, for two pages."""
    usual = Graph(graph.source, DataLoaders)
    for title, query, rows in (("The page", PAGE, ROWS), ("graphql/operations/01-procedures.graphql", PUBLISHED, None)):
        data = await graph.answer(ours, query, rows)
        if encode(data) != encode(await usual.answer(stock, query, rows)):
            raise SystemExit(f"{title}: the two executions differ")
        works = {
            "Strawberry's own": usual.executing(stock, query, rows, 1 if quick else 5),
            "ours": graph.executing(ours, query, rows, 1 if quick else 50),
            "encoding alone": encoding(data, 1 if quick else 200),
        }
        measured = await in_turns(works, 2 if quick else 15)
        values = leaves(data)
        show(
            f"{title}: {ROWS} rows, {values / ROWS:.0f} values a row, {len(encode({'data': data})) / 1e3:.0f} KB",
            ("executor", "ms a page", "times as fast as Strawberry's own", "µs a value"),
            [told(name, each, measured["Strawberry's own"], values) for name, each in measured.items()],
        )


async def growth(graph: Graph, ours: strawberry.Schema, *, quick: bool) -> None:
    """Our executor for more rows, and for more levels of references; each page has other rows than the last one."""
    asked = {f"{rows} rows": (PAGE, rows) for rows in (10, 50, 200, 1_000)}
    asked |= {f"{levels} of 4 levels, {ROWS} rows": (nested(levels), ROWS) for levels in (1, 2, 3, 4)}
    times = 1 if quick else 10
    works = {name: graph.executing(ours, query, rows, times) for name, (query, rows) in asked.items()}
    measured = await in_turns(works, 2 if quick else 15)
    lines = []
    for name, (query, rows) in asked.items():
        values = leaves(await graph.answer(ours, query, rows))
        page = Spread.of([each * MILLI for each in measured[name]])
        per_value = Spread.of([each * MICRO / values for each in measured[name]])
        lines.append((name, values, f"{page:.2f}", f"{per_value:.3f}"))
    show("Growth", ("asked for", "values", "ms", "µs a value"), lines)


async def main(quick: bool) -> None:
    """Measures and prints."""
    # The pages ask the store for what Dictionaries has, and for nothing else.
    resources = documents(1_200 if quick else 5_000)
    graph = Graph(cast("Repository", Dictionaries(resources)))
    turning = Graph(cast("Repository", Dictionaries(resources, turning=True)))
    stock, ours = stock_schema(), build_schema(SETTINGS)
    search_seldom()  # as `serve` does
    await compare(graph, stock, ours, quick=quick)
    await growth(turning, ours, quick=quick)


if __name__ == "__main__":
    run(main, __doc__)
