"""`phaseline rehearse`: run one stand-in by itself. All of them together is the demo's affair."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.rehearsal.github.faults.plan import FaultOptions
    from app.rehearsal.github.options import AppRegistration, HostedRepository

commands = typer.Typer(
    no_args_is_help=True, help="Run a stand-in by itself: GitHub, or a Claude that plays a script."
)

FULL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
# As `app.rehearsal.github.faults.plan` has them; to show help nothing of the stand-in is loaded.
FAULTS = ("500", "502", "502-after", "dropped-before", "dropped-after", "secondary-limit")
Port = Annotated[int, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)]


@commands.command()
def github(
    port: Port,
    data: Annotated[Path, typer.Option(help="Directory of its state; it survives a kill.")],
    repo: Annotated[
        list[str], typer.Option(help="owner/name=PATH of a checkout or bare repository to host.")
    ],
    app_id: Annotated[int | None, typer.Option(help="Id of the App to register.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="The App's private key (PEM).")] = None,
    webhook_secret_file: Annotated[
        Path | None, typer.Option(help="File with the App's webhook secret.")
    ] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where the App's events go.")] = None,
    fault_rate: Annotated[
        float, typer.Option(help="Share of the App's calls, git's too, that fail.", min=0, max=1)
    ] = 0.0,
    fault_seed: Annotated[int, typer.Option(help="Chooses which of them fail, and how.")] = 1,
    fault_kind: Annotated[
        list[str] | None, typer.Option(help=f"How they fail; default: all of {', '.join(FAULTS)}.")
    ] = None,
) -> None:
    """Run the stand-in for GitHub."""
    from app.rehearsal.github.options import GitHubOptions

    repositories = tuple(_hosted(one) for one in repo)
    registration = _registration(app_id, private_key, webhook_secret_file, webhook_url)
    faults = _faults(fault_rate, fault_seed, fault_kind or list(FAULTS))
    options = GitHubOptions(port, data, repositories, registration, faults)

    from app.rehearsal.github.server import PortTakenError, SeedError, run

    try:
        run(options, _announcing("The stand-in for GitHub", port))
    except (PortTakenError, SeedError) as error:
        _stop(str(error))


@commands.command()
def claude(
    script: Annotated[Path, typer.Option(help="The script to play (docs/scripts.md).")],
    port: Annotated[int | None, typer.Option(help="Port on 127.0.0.1.", min=1, max=65535)] = None,
    latency: Annotated[float, typer.Option(help="Seconds that each reply takes.", min=0)] = 0.0,
    log: Annotated[Path | None, typer.Option(help="File for one line a request.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check the script.")] = False,
) -> None:
    """Run the scripted Claude, or check a script."""
    from app.rehearsal.claude.reading import ScriptError

    try:
        if check:
            _check(script)
        elif port is None:
            raise typer.BadParameter("give --port N to serve, or --check to check the script")
        else:
            _serve_claude(port, script, latency, log)
    except ScriptError as error:
        _stop(f"The script is not usable.\n{error}")


def _check(script: Path) -> None:
    from app.rehearsal.claude.reading import read_script

    read = read_script(script)
    turns = sum(len(each) for step in read.steps.values() for each in step.attempts.values())
    typer.echo(f"{script}: sound. {read.title}: {len(read.steps)} steps, {turns} turns.")


def _serve_claude(port: int, script: Path, latency: float, log: Path | None) -> None:
    from app.rehearsal.claude.server import ClaudeOptions, PortTakenError, run

    options = ClaudeOptions(port=port, script=script, latency=latency, log=log)
    try:
        run(options, _announcing("The scripted Claude", port))
    except PortTakenError as error:
        _stop(f"The scripted Claude cannot listen on {error}. Choose another --port.")


def _hosted(given: str) -> "HostedRepository":
    from app.rehearsal.github.options import HostedRepository

    name, _, source = given.partition("=")
    if not FULL_NAME.fullmatch(name) or not source:
        raise typer.BadParameter(f"--repo {given!r}: write owner/name=PATH")
    if not Path(source).is_dir():
        raise typer.BadParameter(f"--repo {given!r}: {source} is not a directory")
    return HostedRepository(name, Path(source))


def _faults(rate: float, seed: int, kinds: list[str]) -> "FaultOptions":
    from app.rehearsal.github.faults.plan import FaultKind, FaultOptions

    unknown = [kind for kind in kinds if kind not in FAULTS]
    if unknown:
        raise typer.BadParameter(f"--fault-kind {unknown[0]!r}: choose of {', '.join(FAULTS)}")
    return FaultOptions(rate, seed, tuple(FaultKind(kind) for kind in kinds))


def _registration(
    app_id: int | None, key: Path | None, secret: Path | None, url: str | None
) -> "AppRegistration | None":
    from app.rehearsal.github.options import AppRegistration

    if app_id is None and key is None and secret is None and url is None:
        return None
    if app_id is None or key is None:
        raise typer.BadParameter("an App needs at least --app-id and --private-key")
    for path in (key, secret):
        if path is not None and not path.is_file():
            raise typer.BadParameter(f"{path} is not a file")
    return AppRegistration(app_id, key, secret, url)


def _announcing(what: str, port: int) -> Callable[[], None]:
    return lambda: typer.echo(f"{what}: http://127.0.0.1:{port} (Ctrl-C ends it)")


def _stop(message: str) -> None:
    typer.echo(message, err=True)
    sys.exit(1)
