"""`phaseline doctor --live`: ticks off what a machine can of docs/not-proven.md, with evidence."""

import asyncio
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from app.cli.starting import give_up, settings_or_stop

if TYPE_CHECKING:
    from app.settings import Settings
    from app.wiring.live.tick import Tick

LIST = Path(__file__).parents[2] / "docs" / "not-proven.md"
DIFFERS = 1


def live(repository: str, *, write: bool) -> None:
    """Try what can be tried; with `write`, tick it in a copy of the list in the data directory."""
    from app.clock import SystemClock
    from app.wiring.live.tick import Outcome

    settings = settings_or_stop()
    # What a stand-in has shown is never taken for what GitHub has.
    site = urlsplit(settings.github_url).netloc.replace(":", "-")
    copy = settings.data_dir / f"not-proven.{site}.md"
    text = _list(copy)
    typer.echo(f"At {settings.github_url}, on {SystemClock().now():%Y-%m-%d}:\n")
    ticks = _tried(settings, repository)
    evidence = {tick.box: tick.told for tick in ticks if tick.outcome is Outcome.TICKED}
    if write:
        _write(copy, text, evidence, settings, SystemClock().now())
    _tell_the_rest(text, evidence)
    if any(tick.outcome is Outcome.DIFFERS for tick in ticks):
        typer.echo("What differs is worth a report.")
        raise typer.Exit(DIFFERS)


def _tried(settings: "Settings", repository: str) -> "list[Tick]":
    from app.github.key import PrivateKeyError
    from app.wiring.refusals import StartError
    from phases.core.errors import PhaselineError

    ticks: list[Tick] = []
    try:
        asyncio.run(_try(settings, repository, ticks))
    except (PrivateKeyError, StartError, PhaselineError) as error:
        give_up(f"{error} Ask `phaseline doctor` first.")
    return ticks


async def _try(settings: "Settings", repository: str, ticks: "list[Tick]") -> None:
    from app.clock import SystemClock
    from app.wiring.live.checks import live_checks

    async with live_checks(settings, SystemClock()) as checks:
        try:
            async with aclosing(checks.all(repository)) as coming:
                async for tick in coming:
                    ticks.append(tick)
                    typer.echo(f"{tick.outcome:9}{tick.box:14}{' '.join(tick.told.split())}")
        finally:
            for left in checks.left:
                typer.echo(f"\nCould not be taken away: {left}")


def _list(copy: Path) -> str:
    place = copy if copy.is_file() else LIST
    if not place.is_file():
        give_up(f"{LIST} is not there: run this in a checkout.")
    return place.read_text(encoding="utf-8")


def _write(
    copy: Path, text: str, evidence: dict[str, str], settings: "Settings", now: datetime
) -> None:
    from app.wiring.live.boxes import with_ticks

    dated = {
        box: f"{now:%Y-%m-%d}, {settings.github_url}: {told}" for box, told in evidence.items()
    }
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(with_ticks(text, dated), encoding="utf-8")
    typer.echo(f"\nWritten to {copy}.")


def _tell_the_rest(text: str, evidence: dict[str, str]) -> None:
    from app.wiring.live.boxes import boxes_of, with_ticks

    rest = boxes_of(with_ticks(text, evidence)).open
    typer.echo(f"\n{len(evidence)} ticked; {rest} boxes stay for people: {LIST}")
