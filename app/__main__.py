"""The command line: `python -m app`, installed as `dmi-graph`. What a command needs is imported when it runs."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.errors import DmiError
from app.recall.criteria import ARGUMENTS
from app.settings import SETTINGS, Settings, read_settings

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="A GraphQL façade over a FHIR document store, for the traceability of implantable medical devices.",
)

CRITERIA = {"".join(f"_{c.lower()}" if c.isupper() else c for c in each.name): each for each in ARGUMENTS}
"""The criteria of a recall as Python writes their names: expires_before."""


class Form(StrEnum):
    """How `validate` and `index` answer."""

    TABLE = "table"
    JSON = "json"


def main() -> None:
    """Run a command; an error that a user can mend is one sentence in English and one in French, exit code 1."""
    try:
        cli()
    except DmiError as error:
        typer.echo(f"{error.en}\n{error.fr}", err=True)
        sys.exit(1)


def serve(**flags: str | None) -> None:
    """Start the server."""
    from app.commands.serve import run

    sys.exit(run(_settings(flags)))


# Every setting is an option of `serve`: the signature is made from the settings' table.
serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(
            setting.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                typer.Option(setting.flag, help=setting.help, show_default=setting.default or False),
            ],
        )
        for setting in SETTINGS
    ]
)
cli.command()(serve)


@cli.command()
def load(
    files: Annotated[list[Path], typer.Argument(help="JSON or NDJSON files, or folders of them.")],
) -> None:
    """Check resources and store the valid ones under their own ids. Exit code 1 if any was refused."""
    from app.commands.bulk import load_files

    sys.exit(asyncio.run(load_files(_settings(), files)))


@cli.command()
def demo(
    procedures: Annotated[int, typer.Option(min=0, help="How many procedures, with all they refer to.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same hospital.")] = 1,
) -> None:
    """Fill the store with a synthetic French hospital."""
    from app.commands.bulk import load_demo

    asyncio.run(load_demo(_settings(), procedures, seed))


@cli.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="JSON or NDJSON files, or folders of them.")],
    form: Annotated[Form, typer.Option("--format", help="Tables for people, or a line of JSON for each resource.")] = (
        Form.TABLE
    ),
) -> None:
    """Check resources and store nothing. Exit code 1 if any is invalid."""
    from app.commands.bulk import validate_files

    sys.exit(validate_files(_settings(), files, as_json=form is Form.JSON))


@cli.command()
def index(
    drop_stale: Annotated[
        bool, typer.Option("--drop-stale", help="Drop those that this release does not need.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="A table for people, or a line of JSON for each index.")] = (
        Form.TABLE
    ),
) -> None:
    """Create the indexes that the store lacks, and show all of them."""
    from app.commands.index import show_indexes

    asyncio.run(show_indexes(_settings(), drop_stale=drop_stale, as_json=form is Form.JSON))


def recall(separator: str, **criteria: list[str]) -> None:
    """Write a recall as CSV on standard output: who carries these devices. An option given twice is OR."""
    from app.commands.recall import print_recall

    given = {CRITERIA[name].name: values for name, values in criteria.items() if values}
    asyncio.run(print_recall(_settings(), given, separator))


# Every criterion is an option of `recall`: the signature is made from the criteria's table.
recall.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=[],
            annotation=Annotated[list[str], typer.Option(f"--{name.replace('_', '-')}", help=each.description)],
        )
        for name, each in CRITERIA.items()
    ]
    + [
        inspect.Parameter(
            "separator",
            inspect.Parameter.KEYWORD_ONLY,
            default=",",
            annotation=Annotated[str, typer.Option(help="What stands between two columns: , or ;")],
        )
    ]
)
cli.command()(recall)


@cli.command()
def schema() -> None:
    """Print the published GraphQL schema (graphql/schema.graphql)."""
    from app.schema.build import build_schema

    typer.echo(build_schema(_settings()).as_str())


def _settings(flags: dict[str, str | None] | None = None) -> Settings:
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    return read_settings({**os.environ, **given})


if __name__ == "__main__":
    main()
