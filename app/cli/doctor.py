"""`phaseline doctor`: says what keeps the service from working, and what to do."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.wiring.doctor.examination import Examined

UNSOUND = 1
MARKS = {"ok": "ok", "note": "note", "mend": "MEND", "later": "later"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Tick off docs/not-proven.md, beside a running service.")
    ] = False,
    repository: Annotated[
        str,
        typer.Option(
            metavar="OWNER/NAME",
            help="With --live: a test repository. It gets an issue, a branch and a draft, and "
            "loses them again.",
        ),
    ] = "",
    write: Annotated[
        bool, typer.Option("--write", help="With --live: tick in a copy of the list in var.")
    ] = False,
) -> None:
    """Look at settings, machine, GitHub App, webhook and models; exit 1 when one needs mending."""
    if live:
        from app.cli.live import live as tick_off

        tick_off(repository, write=write)
        return
    if repository or write:
        raise typer.BadParameter("--repository and --write go with --live")
    found = asyncio.run(_doctor(quiet=as_json))
    sound = all(one.sound for one in found)
    if as_json:
        rows = [
            {"subject": one.subject, "verdict": str(one.verdict), "told": one.told} for one in found
        ]
        typer.echo(json.dumps(rows, indent=2))
    elif not sound:
        typer.echo("\nMend what is marked, then ask again.")
    if not sound:
        raise typer.Exit(UNSOUND)


async def _doctor(*, quiet: bool) -> list["Examined"]:
    from app.clock import SystemClock
    from app.wiring.doctor.examination import examine_all
    from app.wiring.doctor.examinations import examinations

    found = []
    async with examinations({}, SystemClock()) as wanted:
        async for examined in examine_all(wanted):
            found.append(examined)
            if not quiet:
                _show(examined)
    return found


def _show(found: "Examined") -> None:
    first, *more = found.told.splitlines() or [""]
    typer.echo(f"{MARKS[found.verdict]:7}{found.subject:15}{first}")
    for line in more:
        typer.echo(f"{'':22}{line}")
