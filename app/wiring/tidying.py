"""What takes away leftovers, joined: rows, git objects, prepared dependencies."""

from datetime import timedelta

from app.clock import SystemClock
from app.durable.segments import forget_ended
from app.durable.upkeep import Belongings, Keeping, Upkeep
from app.settings import Settings
from app.store.retention import Retention
from app.wiring.store import Store
from app.wiring.workspaces import REPOSITORIES, kept_environments
from app.workspace.attic import Attic

# No worker stands still for so long and goes on; see `forget_ended`.
KEEP_WORKFLOWS = timedelta(days=7)


def belongings_of(settings: Settings) -> tuple[Belongings, ...]:
    """Return what goes with a repository that has gone.

    Prepared dependencies in a directory of the operator's own choosing may be other services' too:
    what nobody here knows stays there.
    """
    attic = Attic(settings.data_dir.absolute() / REPOSITORIES)
    if settings.environments_dir is not None:
        return (attic,)
    return attic, kept_environments(settings)


def upkeep_of(settings: Settings, store: Store) -> Upkeep:
    """Return what takes away the leftovers of runs that are over."""
    clock = SystemClock()
    keeping = Keeping(
        transcripts=timedelta(days=settings.keep_transcripts_days),
        workflows=KEEP_WORKFLOWS,
        files=timedelta(hours=settings.keep_files_hours),
        environments=timedelta(days=settings.keep_environments_days),
    )
    attic = Attic(settings.data_dir.absolute() / REPOSITORIES)
    retention, environments = Retention(store.database, clock), kept_environments(settings)
    belongings = belongings_of(settings)
    return Upkeep(retention, attic, environments, belongings, forget_ended, keeping, clock)
