"""How the demo looks in a terminal: quiet lines, colour only on a terminal. It decides nothing."""

import typer

from app.cli.demo.progress import Line, Tone

STYLES: dict[Tone, tuple[str, str | None]] = {
    Tone.HEADING: ("", None),
    Tone.BEGUN: ("▸", None),
    Tone.GOOD: ("✓", "green"),
    Tone.BAD: ("✗", "red"),
    Tone.PLAIN: ("–", None),
    Tone.NOTE: ("›", "yellow"),
    Tone.SAID: (" ", None),
}
QUIET = (Tone.BEGUN, Tone.PLAIN, Tone.SAID)
CLOCK = 7
LONGEST = 200


def title(text: str) -> None:
    """Print the first line."""
    typer.echo()
    typer.secho(text, bold=True)


def say(text: str = "") -> None:
    """Print a plain line."""
    typer.echo(text)


def warn(text: str) -> None:
    """Print a line that must not be missed."""
    typer.secho(text, fg="yellow")


def doing(text: str) -> None:
    """Print what is going on now."""
    typer.secho(f"  {text}", dim=True)


def links(rows: dict[str, str]) -> None:
    """Print where to look."""
    typer.echo()
    width = max(len(name) for name in rows)
    for name, link in rows.items():
        typer.echo(f"  {name.ljust(width)}  {typer.style(link, fg='cyan')}")
    typer.echo()


def show(line: Line) -> None:
    """Print one line of progress."""
    text = " ".join(line.text.split())
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    if line.tone is Tone.HEADING:
        typer.echo()
        typer.secho(f"  {text}", bold=True)
        return
    mark, colour = STYLES[line.tone]
    clock = (_clock(line.at) if line.at is not None else "").rjust(CLOCK)
    nested = "" if line.at is not None else "  "
    shown = typer.style(text, dim=line.tone in QUIET)
    typer.echo(f"{typer.style(clock, dim=True)}  {nested}{typer.style(mark, fg=colour)} {shown}")


def verdict(text: str, *, good: bool) -> None:
    """Print how it ended."""
    typer.echo()
    typer.secho(text, fg="green" if good else "red", bold=True)


def error(text: str) -> None:
    """Print why the demo stops, to standard error."""
    typer.secho(text, fg="red", err=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
