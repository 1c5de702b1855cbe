"""What takes away leftovers, joined: rows, git objects, prepared dependencies."""

from datetime import timedelta

from app.clock import SystemClock
from app.durable.segments import forget_ended
from app.durable.upkeep import Keeping, Upkeep
from app.settings import Settings
from app.store.retention import Retention
from app.wiring.store import Store
from app.wiring.workspaces import ENVIRONMENTS, REPOSITORIES, kept_environments
from app.workspace.attic import Attic

# No worker stands still for so long and goes on; see `forget_ended`.
KEEP_WORKFLOWS = timedelta(days=7)


def shares_environments(settings: Settings) -> bool:
    """Tell whether prepared dependencies may be other services' too: what nobody here knows stays.

    So it is in a directory of the operator's own choosing, and in one that is linked to.
    """
    return settings.environments_dir is not None or (settings.data_dir / ENVIRONMENTS).is_symlink()


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
    environments = kept_environments(settings)
    belongings = (attic,) if shares_environments(settings) else (attic, environments)
    retention = Retention(store.database, clock)
    return Upkeep(retention, attic, environments, belongings, forget_ended, keeping, clock)
