"""The command `phaseline demo`: options in, exit status out. The rest is the performance's."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.cli.demo.options import DemoOptions

INTERRUPTED = 130


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End with the run; 0 only if ready.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the outcome to this file.")] = None,
    data: Annotated[Path, typer.Option(help="Where the demo keeps its state.")] = Path("var/demo"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Discard what is there first.")] = False,
    repo: Annotated[Path | None, typer.Option(help="A git repository of yours to host.")] = None,
    issue: Annotated[
        Path | None, typer.Option(help="The issue, as Markdown: its first heading is the title.")
    ] = None,
    script: Annotated[
        Path | None, typer.Option(help="What the scripted Claude plays (docs/scripts.md).")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the real model; needs ANTHROPIC_API_KEY.")
    ] = False,
    latency: Annotated[
        float | None, typer.Option(help="Seconds a scripted reply takes.", min=0)
    ] = None,
) -> None:
    """Watch a labelled issue become a pull request, against stand-ins on this machine."""
    from app.cli.demo.options import DemoOptions

    if live and script is not None:
        raise typer.BadParameter("--live asks the real model; --script plays instead of one")
    pace = latency if latency is not None else _default_latency(once=once)
    _perform(DemoOptions(data, once, json, fresh, repo, issue, script, live, pace))


def _perform(options: "DemoOptions") -> None:
    """Perform, and exit with what came of it."""
    from app.cli.demo import screen
    from app.cli.demo.performance import perform
    from app.cli.demo.processes import end_on_signals
    from app.cli.demo.trouble import DemoError

    end_on_signals()
    try:
        ready = perform(options)
    except DemoError as error:
        screen.error(f"\n{error}")
        sys.exit(1)
    except KeyboardInterrupt:
        screen.say("\nEnded. Start it again on the same directory, and it goes on from here.")
        sys.exit(INTERRUPTED)
    sys.exit(0 if ready else 1)


def _default_latency(*, once: bool) -> float:
    """Return no delay for a run that a program waits for, and a readable pace for a person."""
    return 0.0 if once else 0.4
