"""`phaseline runs`: what an operator asks of runs, and orders. It talks to the database alone.

A worker that runs beside it takes up what was ordered within a second.
"""

import asyncio
import getpass
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.cli.starting import database_or_stop, give_up, settings_or_stop
from app.cli.table import moment, money, table
from phases.core.machine import RESUMABLE, RunState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.wiring.operator import Operator

T = TypeVar("T")
SHORT = 8
MOST_TEXT = 100
runs = typer.Typer(
    no_args_is_help=True,
    help="Look at runs and steer them, beside a running service or without one.\n\n"
    "The database is that of PHASELINE_DATABASE_URL, from the environment or the `.env` of the "
    "current directory: call it where the service is started, or in the directory of a demo.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="A run's id, or the beginning of it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
As = Annotated[
    str, typer.Option("--as", metavar="NAME", help="Who orders it; the tracker says so.")
]


@runs.command(name="list")
def list_(
    state: Annotated[RunState | None, typer.Option(help="Only runs in this state.")] = None,
    repository: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Only runs of this repository.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest runs."""
    if repository is not None and repository.count("/") != 1:
        raise typer.BadParameter(f"--repository is given as OWNER/NAME, not {repository!r}")
    found = _ask(lambda operator: operator.latest(state, repository, limit))
    if as_json:
        _print_json([asdict(run) for run in found])
        return
    if not found:
        typer.echo("No runs.")
        return
    rows = [
        (
            run.id[:SHORT],
            f"{run.repository}#{run.issue}" + (f" ({run.number})" if run.number > 1 else ""),
            run.state,
            moment(run.created_at),
            money(run.spent_usd),
            run.reason,
        )
        for run in found
    ]
    typer.echo(table(("id", "issue", "state", "asked for", "spent", "why"), rows, MOST_TEXT))


@runs.command()
def show(run: Id, as_json: AsJson = False) -> None:
    """Show one run: how it stands and why, its works, its notes."""
    from app.cli.run_text import shown
    from app.store.history import RECORD

    record = _ask(lambda operator: operator.show(run))
    if as_json:
        _print_json(RECORD.dump_python(record, mode="json"))
    else:
        typer.echo(shown(record))
        if record.run.state in RESUMABLE:
            typer.echo(f"\n`phaseline runs retry {record.run.id[:SHORT]}` goes on with it.")


@runs.command()
def events(run: Id, as_json: AsJson = False) -> None:
    """Show a run's time line: phases, works, turns with their money, orders, notes, comments."""
    found = _ask(lambda operator: operator.events(run))
    if as_json:
        _print_json([asdict(happening) for happening in found])
        return
    rows = [(moment(h.at), h.kind, h.name, money(h.usd), h.text) for h in found]
    typer.echo(table(("at", "what", "which", "money", ""), rows, MOST_TEXT))


@runs.command()
def retry(run: Id, operator: As = "") -> None:
    """Go on with a run that is blocked, waiting or failed; what is finished is kept.

    It does what `/phaseline retry` does: the counts of tries begin anew.
    """
    _order(run, "retry", operator)


@runs.command()
def cancel(run: Id, operator: As = "") -> None:
    """End a run; its branch and its comments are kept. `/phaseline resume` takes it up again."""
    _order(run, "cancel", operator)


@runs.command()
def export(
    run: Id,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write it.")],
) -> None:
    """Write all that is kept of a run to one JSON file, secrets taken out.

    The file goes with a report of a defect. It holds code of the repository, and what agents said.
    """
    kept = _ask(lambda operator: operator.export(run))
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file, indent=2)
            file.write("\n")
    except FileExistsError:
        give_up(f"{to} is there already and was left alone: give another name.")
    except OSError as error:
        give_up(f"{to} cannot be written: {error.strerror}.")
    typer.echo(f"Written to {to} ({to.stat().st_size:,} bytes).")


def _order(run: str, command: str, operator: str) -> None:
    name = operator or getpass.getuser()
    known, state = _ask(lambda service: service.order(run, command, name))
    typer.echo(f"Run {known[:SHORT]} is {state}.")
    if state is RunState.RUNNING:
        typer.echo("A worker takes it up within seconds, or as soon as one is started.")


def _ask(question: Callable[["Operator"], Awaitable[T]]) -> T:
    from app.durable.orders import RefusedOrderError
    from app.store.history import UnknownRunError
    from phases.core.errors import TransientError

    async def ask() -> T:
        async with _operator() as operator:
            return await question(operator)

    try:
        return asyncio.run(ask())
    except (UnknownRunError, RefusedOrderError) as error:
        give_up(str(error))
    except TransientError as error:
        give_up(f"{error}. Try again.")


@asynccontextmanager
async def _operator() -> "AsyncIterator[Operator]":
    from app.clock import SystemClock
    from app.wiring.operator import Operator
    from app.wiring.store import Store

    settings = settings_or_stop()
    database_or_stop(settings)
    clock = SystemClock()
    store = Store(settings, clock)
    async with store.database:
        yield Operator(settings, store, clock)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, default=str))
