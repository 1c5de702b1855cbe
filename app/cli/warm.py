"""`phaseline rehearse warm`: install the samples' dependencies once, so that nothing else has to.

Afterwards the demo and the tests need no network.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import typer


def warm() -> None:
    """Install the dependencies of the built-in samples into the demo's cache."""
    failed = asyncio.run(_warm())
    if failed:
        raise typer.Exit(1)


async def _warm() -> bool:
    from app.cli.demo.stage import ENVIRONMENTS
    from app.rehearsal.github.store.base import FIRST_ID
    from app.rehearsal.samples import SAMPLES, build
    from app.settings import Settings
    from app.wiring.sandbox import sandbox_of
    from app.wiring.workspaces import environments_of
    from app.workspace.environments.cache import EnvironmentCache

    sandbox = sandbox_of(Settings.model_fields["agent_uid"].default)
    environments = environments_of(EnvironmentCache(ENVIRONMENTS), "", sandbox)
    failed = False
    for name in SAMPLES:
        typer.echo(f"  preparing the dependencies of the sample {name} …")
        with tempfile.TemporaryDirectory(prefix="phaseline-warm-") as place:
            checkout = Path(place) / "checkout"
            build(name, checkout)
            prepared = await environments.prepare(checkout, scope=str(FIRST_ID), setup=None)
        if prepared.environment is None:
            failed = True
            refused = f" Hosts that were refused: {', '.join(prepared.refused)}."
            sys.stderr.write(f"{prepared.log[-3000:]}\n{refused if prepared.refused else ''}\n")
    return failed
