"""The command line: names the commands and loads each only when it is asked for."""

import typer

from app.cli import rehearse, serve, warm
from app.cli.backup import backup
from app.cli.demo.command import demo
from app.cli.doctor import doctor
from app.cli.recover import recover
from app.cli.runs import runs
from app.cli.setup import setup

app = typer.Typer(
    name="phaseline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.command()(serve.serve)
app.command()(serve.work)
app.command()(serve.migrate)
app.command()(demo)
app.command()(setup)
app.command()(doctor)
app.command()(recover)
app.command()(backup)
rehearse.commands.command()(warm.warm)
app.add_typer(runs, name="runs")
app.add_typer(rehearse.commands, name="rehearse")


@app.callback()
def _root() -> None:
    """Turn a labelled GitHub issue into a pull request worth reviewing."""


def main() -> None:
    """Run the command line."""
    app()
