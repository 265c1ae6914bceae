"""The command line: `python -m app`, installed as `dmi-graph`. What a command needs is imported when it runs."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.errors import DmiError
from app.recall.criteria import ARGUMENTS
from app.settings import SETTINGS, Settings, misspelt, read_settings

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
    from app.main import check

    for each in misspelt(os.environ):
        typer.echo(f"{each.en}\n{each.fr}", err=True)
    sys.exit(run(_settings(flags, check)))


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
    files: Annotated[
        list[Path],
        typer.Argument(help="JSON or NDJSON files, also in gzip, or folders of them; - is standard input."),
    ],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a load of these files was interrupted.")
    ] = False,
    rejects: Annotated[
        Path, typer.Option(help="The NDJSON file to which what is refused is added, with what to correct.")
    ] = Path("rejects.ndjson"),
    unpack: Annotated[
        bool, typer.Option("--unpack", help="Store the entries of a transaction Bundle, all or none, not the Bundle.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="A table, or also a line of JSON on standard output.")] = (
        Form.TABLE
    ),
) -> None:
    """Check resources and store the valid ones under their own ids. Exit code 1 if any was refused, 3 if the store went
    away before the end."""
    from app.commands.load import Options, run

    options = Options(rejects, resume=resume, unpack=unpack, as_json=form is Form.JSON)
    sys.exit(run(_settings(), files, options))


@cli.command()
def demo(
    procedures: Annotated[int, typer.Option(min=0, help="How many procedures, with all they refer to.")] = 1_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same hospital.")] = 1,
) -> None:
    """Fill the store with a synthetic French hospital."""
    from app.commands.demo import load_demo

    asyncio.run(load_demo(_settings(), procedures, seed))


@cli.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(help="JSON or NDJSON files, also in gzip, or folders of them; - is standard input.")
    ],
    form: Annotated[Form, typer.Option("--format", help="Tables for people, or a line of JSON for each resource.")] = (
        Form.TABLE
    ),
) -> None:
    """Check resources and store nothing. Exit code 1 if any is invalid."""
    from app.commands.validate import validate_files

    sys.exit(validate_files(_settings(), files, as_json=form is Form.JSON))


@cli.command()
def export(
    folder: Annotated[Path, typer.Argument(help="An empty folder, or one in which an export was interrupted.")],
    history: Annotated[bool, typer.Option("--history", help="All versions, also of deleted resources.")] = False,
    since: Annotated[str, typer.Option(help="Only what changed after this date or time.")] = "",
    packed: Annotated[bool, typer.Option("--gzip", help="Files in gzip.")] = False,
) -> None:
    """Write the store, as it is at this moment, as NDJSON: a file for each type, which `load` reads again."""
    from app.commands.export import export as export_store

    asyncio.run(export_store(_settings(), folder, since=since, history=history, packed=packed))


@cli.command()
def copy(
    to: Annotated[str, typer.Option(help="The other store, which is empty: embedded:DIR or mongodb://…")],
) -> None:
    """Copy the store with its history to another one, and compare both. Exit code 1 if they differ in the end."""
    from app.commands.copy import copy_store

    sys.exit(asyncio.run(copy_store(_settings(), to)))


@cli.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Make wrong search values anew.")] = False,
    form: Annotated[Form, typer.Option("--format", help="Lines for people, or a line of JSON for each fault.")] = (
        Form.TABLE
    ),
) -> None:
    """Look through the store: documents, search values, histories, keys, references, the file. Exit code 1 if something
    is wrong."""
    from app.commands.check import check as check_store

    sys.exit(asyncio.run(check_store(_settings(), repair=repair, as_json=form is Form.JSON)))


@cli.command()
def backup(file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Copy the embedded store to one file, while servers go on reading and writing."""
    from app.commands.backup import backup as backup_store

    asyncio.run(backup_store(_settings(), file))


@cli.command()
def purge(  # noqa: PLR0913, PLR0917 - the options of the command
    reason: Annotated[str, typer.Option(help="Why, without patient data: it is kept in an AuditEvent.")],
    older_than: Annotated[str, typer.Option(help="Erase what is older than so many years: 10y, P40Y.")] = "",
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="Erase this resource, Type/id; may be given several times.")
    ] = None,
    except_held: Annotated[bool, typer.Option("--except-held", help="Leave what is under a legal hold.")] = False,
    by: Annotated[str, typer.Option(help="Who erases; unset: the user of this machine.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it, only tell what would be erased.")] = False,
    form: Annotated[Form, typer.Option("--format", help="A table, or also a line of JSON on standard output.")] = (
        Form.TABLE
    ),
) -> None:
    """Erase for good, with all versions, what is beyond its retention or is named. Exit code 1 if something has to
    stay."""
    from app.commands.purge import Options
    from app.commands.purge import purge as purge_store

    as_json = form is Form.JSON
    options = Options(reason, older_than, tuple(ids or ()), by, except_held=except_held, yes=yes, as_json=as_json)
    sys.exit(asyncio.run(purge_store(_settings(), options)))


@cli.command()
def audit(  # noqa: PLR0913, PLR0917 - the options of the command
    since: Annotated[str, typer.Option(help="From this date or time on.")] = "",
    until: Annotated[str, typer.Option(help="To the end of this date or time.")] = "",
    about: Annotated[str, typer.Option(help="Only what touched this resource, as in Patient/123.")] = "",
    erase_before: Annotated[
        str, typer.Option(help="Erase the events before this date, half a year ago or earlier, instead.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Why they are erased: it is kept in an event.")] = "",
    by: Annotated[str, typer.Option(help="Who erases; unset: the user of this machine.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it, only tell how many would be.")] = False,
) -> None:
    """Write the trail of use (DMI_AUDIT) on standard output: a line of JSON for each AuditEvent."""
    from app.commands.audit import Options
    from app.commands.audit import audit as audit_trail

    options = Options(since, until, about, erase_before, reason, by, yes)
    asyncio.run(audit_trail(_settings(), options))


@cli.command()
def index(
    drop_stale: Annotated[
        bool, typer.Option("--drop-stale", help="Drop those that this release does not need.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="A table for people, or a line of JSON for each index.")] = (
        Form.TABLE
    ),
    shard: Annotated[
        bool, typer.Option("--shard", help="Print what spreads the collections over the shards of a MongoDB cluster.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --shard: do it.")] = False,
) -> None:
    """Create the indexes that the store lacks, and show all of them."""
    if yes and not shard:
        raise typer.BadParameter("--yes goes with --shard.")
    if shard:
        from app.commands import shard as sharding

        asyncio.run(sharding.shard(_settings(), yes=yes))
        return
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
def schema(
    operations: Annotated[
        bool, typer.Option("--operations", help="The manifest of the operations instead: identifier, file, name, type.")
    ] = False,
) -> None:
    """Print the published GraphQL schema (graphql/schema.graphql), or the manifest of the published operations
    (graphql/operations/manifest.json)."""
    from app.schema.build import build_schema
    from app.web.published import manifest, operations_directory, read_operations

    if operations:
        typer.echo(manifest(read_operations(operations_directory())))
    else:
        typer.echo(build_schema(_settings()).as_str())


def _settings(flags: dict[str, str | None] | None = None, check: Callable[[Settings], None] | None = None) -> Settings:
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    return read_settings({**os.environ, **given}, check)


if __name__ == "__main__":
    main()
