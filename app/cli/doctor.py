"""`phaseline doctor`: says what on this machine keeps the service from working, and what to do."""

import asyncio

import typer

UNSOUND = 1


def doctor() -> None:
    """Look at settings, git, programs, disk, database and cage; exit 1 when one needs mending."""
    if not asyncio.run(_doctor()):
        raise typer.Exit(UNSOUND)


async def _doctor() -> bool:
    from app.wiring.doctor import examinations, examined

    sound = True
    for examination in examinations({}):
        found = await examined(examination)
        sound = sound and found.sound
        first, *more = found.told.splitlines() or [""]
        typer.echo(f"{'ok' if found.sound else 'MEND':6}{found.subject:10}{first}")
        for line in more:
            typer.echo(f"{'':16}{line}")
    typer.echo("" if sound else "\nMend what is marked, then ask again.", nl=not sound)
    return sound
