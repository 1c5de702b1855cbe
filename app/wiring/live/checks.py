"""All live checks, one after the other. A box is ticked only by evidence; what failed is told."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager

from app.claude.models import ModelsError
from app.github.checkup import Checkup
from app.github.connection import GitHubConnection
from app.github.installed import installed_repositories
from app.settings import Settings
from app.wiring.live.deliveries import Deliveries
from app.wiring.live.machine import machine_checks
from app.wiring.live.tick import DiffersError, LiveCheck, Outcome, Tick, UntriedError
from app.wiring.live.visit import Visit
from app.wiring.refusals import StartError
from app.wiring.worker import connection_of
from app.workspace.git import GitError
from app.workspace.sandbox.errors import SandboxError
from phases.core.errors import PhaselineError
from phases.core.model import Repository
from phases.core.ports import Clock

NO_REPOSITORY = "takes a test repository: --repository owner/name"
# Boxes whose checks need a visit, in the order of the visit.
OF_A_VISIT = (
    "empty-draft",
    "draft-plan",
    "push-token",
    "token-form",
    "ready",
    "payloads",
    "own-comments",
)
BOXES = ("models", "cgroups", "arm", "signature", "redelivery", *OF_A_VISIT)


class LiveChecks:
    """The live checks of one App; `left` is what a visit could not take away again."""

    def __init__(self, settings: Settings, connection: GitHubConnection, clock: Clock) -> None:
        self._settings = settings
        self._connection = connection
        self._clock = clock
        self._deliveries = Deliveries(Checkup(connection.clients), clock)
        self.left: list[str] = []

    async def all(self, repository: str) -> AsyncGenerator[Tick, None]:
        """Yield what came of each; without the name of a repository nothing is made anywhere.

        A visit that ends early, too, takes away what it made: close this when you stop listening.

        Raises:
            StartError: the App does not see that repository.
            PhaselineError: GitHub does not let the visit begin.
        """
        chosen = await self._chosen(repository) if repository else None
        for check in (*machine_checks(self._settings), *self._deliveries.checks()):
            yield await tried(check)
        if chosen is None:
            for box in OF_A_VISIT:
                yield Tick(box, Outcome.UNTRIED, NO_REPOSITORY)
            return
        visit = Visit(self._settings, self._connection, chosen, self._deliveries, self._clock)
        try:
            await visit.begin()
            for check in visit.checks():
                yield await tried(check)
        finally:
            self.left = await visit.leave()

    async def _chosen(self, name: str) -> Repository:
        found = await installed_repositories(self._connection.clients)
        for repository in found:
            if repository.full_name.lower() == name.lower():
                return repository
        raise StartError(f"The App is not installed on {name}. It sees: {_names(found)}.")


@asynccontextmanager
async def live_checks(settings: Settings, clock: Clock) -> AsyncIterator[LiveChecks]:
    """Give the live checks of the App that the settings name.

    Raises:
        PrivateKeyError: its key cannot be read.
    """
    connection = connection_of(settings, clock)
    try:
        yield LiveChecks(settings, connection, clock)
    finally:
        await connection.close()


async def tried(check: LiveCheck) -> Tick:
    """Try one; what it raises is its result."""
    try:
        return Tick(check.box, Outcome.TICKED, await check.show())
    except UntriedError as error:
        return Tick(check.box, Outcome.UNTRIED, str(error))
    except (DiffersError, PhaselineError, GitError, SandboxError, ModelsError, OSError) as error:
        return Tick(check.box, Outcome.DIFFERS, str(error))


def _names(repositories: Iterable[Repository]) -> str:
    return ", ".join(sorted(one.full_name for one in repositories)) or "no repository"
