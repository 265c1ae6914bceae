"""What the schema costs: python bench/schema.py

Its size as SDL (at most 1.5 MB wanted), how long it takes to import and build at a start (2.5 s), and how long a full
introspection takes (1 s)."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Measures and prints."""
    start = perf_counter()
    from graphql import get_introspection_query  # noqa: PLC0415 - importing is part of what is measured

    from app.schema.build import build_schema  # noqa: PLC0415 - as above
    from app.settings import read_settings  # noqa: PLC0415 - as above

    print(f"imported        {perf_counter() - start:8.3f} s")
    settings = read_settings({"DMI_STORE": "memory:"})
    for name in ("built", "built again"):
        start = perf_counter()
        schema = build_schema(settings)
        print(f"{name:15} {perf_counter() - start:8.3f} s")
    query = get_introspection_query()
    start = perf_counter()
    answer = asyncio.run(schema.execute(query))
    print(f"introspection   {perf_counter() - start:8.3f} s")
    if answer.errors:
        raise SystemExit(answer.errors[0].message)
    print(f"SDL             {len(schema.as_str().encode()) / 1e6:8.3f} MB")


if __name__ == "__main__":
    main()
