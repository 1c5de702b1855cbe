"""Joins what reads runs back from GitHub with the store that keeps them."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from app.clock import SystemClock
from app.durable.lock import WorkerLock
from app.github.connection import GitHubConnection
from app.github.installed import installed_repositories
from app.github.recovery import Found, Recovery, Unreadable
from app.settings import Settings
from app.store.restoring import Restoring
from app.wiring.store import Store
from phases.core.model import Repository

log = logging.getLogger(__name__)


class NotInstalledError(Exception):
    """The App is not installed on a repository; the message names it."""


@dataclass(frozen=True)
class Told:
    """What became of one run; `what` is `recovered`, `known` or `refused`."""

    what: str
    run: str
    repository: str
    issue: int
    state: str
    works: int
    reason: str


def only_worker(settings: Settings) -> AbstractContextManager[object]:
    """Return the lock that a worker on SQLite holds; on PostgreSQL there may be many."""
    database = settings.sqlite_file
    if database is None:
        return nullcontext()
    return WorkerLock(database.with_name(f"{database.name}.worker"))


class Recoverer:
    """Brings back what a lost database knew, as far as GitHub tells it."""

    def __init__(
        self, settings: Settings, store: Store, connection: GitHubConnection, clock: SystemClock
    ) -> None:
        self._clients = connection.clients
        self._recovery = Recovery(
            connection.clients,
            connection.seal,
            app_id=settings.github_app_id,
            label=settings.label,
        )
        self._restoring = Restoring(store.database, clock)

    async def recover(self, names: tuple[str, ...]) -> AsyncIterator[Told]:
        """Yield what became of each run of these repositories (`owner/name`), or of all.

        Raises:
            NotInstalledError: when the App does not see one of them.
            TransientError, BlockedError, RefusedByGitHubError: when GitHub does not play along.
        """
        for repository in _chosen(await installed_repositories(self._clients), names):
            async for run in self._recovery.runs(repository):
                yield await self._kept(run)

    async def _kept(self, run: Found | Unreadable) -> Told:
        if isinstance(run, Unreadable):
            return await self._refused(run)
        record = run.record
        known = await self._restoring.knows(record.run.id)
        if known:
            await self._restoring.reconcile(record.run, run.posted)
        else:
            await self._restoring.restore(record, run.posted)
        return Told(
            what="known" if known else "recovered",
            run=record.run.id,
            repository=record.run.repository.full_name,
            issue=record.run.issue,
            state=str(record.run.state),
            works=len(record.works),
            reason="",
        )

    async def _refused(self, run: Unreadable) -> Told:
        reason = f"It could not be read back from GitHub: {run.reason}."
        known = await self._restoring.knows(run.run)
        if not known:
            await self._restoring.give_up(run.run, run.repository, run.issue, run.number, reason)
        return Told(
            what="known" if known else "refused",
            run=run.run,
            repository=run.repository.full_name,
            issue=run.issue,
            state="" if known else "cancelled",
            works=0,
            reason="" if known else reason,
        )


def _chosen(found: list[Repository], names: tuple[str, ...]) -> list[Repository]:
    if not names:
        return found
    known = {repository.full_name.lower(): repository for repository in found}
    missing = [name for name in names if name.lower() not in known]
    if missing:
        raise NotInstalledError(
            f"The App is not installed on {', '.join(missing)}. It sees: "
            f"{', '.join(sorted(known)) or 'no repository'}."
        )
    return [known[name.lower()] for name in names]


async def recover_into_nothing(recoverer: Recoverer, store: Store) -> None:
    """Bring back everything, if the database knows of no run at all."""
    if await store.records.latest(1):
        return
    async for told in recoverer.recover(()):
        log.warning(
            "%s: run %s of %s#%s, %s works. %s",
            told.what,
            told.run,
            told.repository,
            told.issue,
            told.works,
            told.reason,
        )
