"""A band of workers on PostgreSQL, each on a machine of its own; any of them dies when told to."""

import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from app.cli.demo.folder import Folder
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.stage import ENVIRONMENTS
from app.rehearsal.samples import build
from app.store.migrating import migrate
from tests.durability.lives import KILLED, SERVICE, Lives, lives_in
from tests.durability.watch import Plan
from tests.forking import UP_SECONDS, Forked, ForkServer, Start
from tests.world import SAMPLE, Place, World

# Who drives a run notes something more often than that, unless it waits for a long tool.
BUSY_SECONDS = 2.0
# Who finds first that a segment is somebody else's: the store, which refuses a write, or the
# durable library.
GIVING_WAY = (
    "gives way: ",
    "is no longer owned by this execution",
    "was cancelled during execution",
)


class Band(World):
    """One web side and some workers: the workers share nothing but the database."""

    def __init__(
        self,
        place: Place,
        forks: ForkServer,
        database: str,
        workers: int,
        settings: Mapping[str, str],
    ) -> None:
        super().__init__(place)
        self._settings = settings
        self._forks = forks
        self.database = database
        self._web: tuple[Forked, ...] = ()
        self._workers: dict[int, Forked] = {}
        self._size = workers

    def serve(self) -> None:
        """Start the web side and all workers."""
        self._web = (self._begin_as("web", "web"),)
        for number in range(self._size):
            self.hire(number)

    def hire(self, number: int) -> None:
        """Start one worker."""
        self._workers[number] = self._begin_as(f"worker-{number}", "work")

    def kill(self, number: int) -> None:
        """End one worker as a power cut would."""
        worker = self._workers.pop(number)
        worker.kill()
        status = worker.wait(UP_SECONDS)
        assert status == KILLED, f"a worker ended by itself: {status}"

    def stand_still(self, number: int) -> None:
        """Let one worker stand still, as a machine does that is frozen; its connections stay."""
        self._forks.signal(self._workers[number].pid, signal.SIGSTOP)

    def go_on(self, number: int) -> None:
        """Let a worker that stood still go on as if no time had gone by."""
        self._forks.signal(self._workers[number].pid, signal.SIGCONT)

    def busy(self) -> tuple[int, ...]:
        """Return the workers that have noted something lately, by number."""
        since = time.time() - BUSY_SECONDS

        def noted(number: int) -> float:
            notes = self._plan(f"worker-{number}").notes
            return notes.stat().st_mtime if notes.exists() else 0.0

        return tuple(sorted(number for number in self._workers if noted(number) > since))

    def asked(self, number: int, step: str) -> tuple[int, ...]:
        """Return the turns of a step that a worker has asked for, in their order."""
        asks = re.compile(rf"journal\.asks after {re.escape(step)} #(\d+) ")
        return tuple(int(found[1]) for note in self._noted(number) if (found := asks.match(note)))

    def has_given_way(self, number: int) -> bool:
        """Tell by its log whether a worker has found that somebody else drives what it drove."""
        said = self.folder.log(f"worker-{number}").read_text()
        return any(words in said for words in GIVING_WAY)

    def dismiss(self) -> None:
        """Stop every worker; each must end by itself."""
        for worker in self._workers.values():
            worker.terminate()
        for worker in self._workers.values():
            status = worker.wait(UP_SECONDS)
            assert status == 0, f"a worker did not end well: {status}"
        self._workers.clear()

    def lives(self) -> Lives:
        """Return what all workers have noted so far."""
        notes = sorted(self.folder.logs.glob("worker-*.notes"))
        return Lives(tuple(life for path in notes for life in lives_in(path)))

    def end(self) -> None:
        """End everything."""
        for process in (*self._workers.values(), *self._web):
            process.kill()
        super().end()

    def said(self) -> str:
        """Return what the workers warned of last."""
        logs = sorted(self.folder.logs.glob("worker-*.log"))
        lines = [line for log in logs for line in log.read_text().splitlines()]
        return "\n".join([line for line in lines if '"level": "info"' not in line][-20:])

    def _environment(self, name: str) -> dict[str, str]:
        data = self.folder.root / name
        data.mkdir(mode=0o700, exist_ok=True)
        return self.environment() | {
            "PHASELINE_DATABASE_URL": self.database,
            "PHASELINE_DATA_DIR": str(data),
            # What a death cost is not to be mixed with what waiting for one's turn costs.
            "PHASELINE_RUNS_PER_REPOSITORY": "100",
            **self._settings,
        }

    def _noted(self, number: int) -> tuple[str, ...]:
        notes = self._plan(f"worker-{number}").notes
        return tuple(notes.read_text().splitlines()) if notes.exists() else ()

    def _begin_as(self, name: str, role: str) -> Forked:
        log, root = self.folder.log(name), self.folder.root
        words = (self._plan(name).words(), role)
        return self._forks.fork(Start(SERVICE, words, self._environment(name), root, log, log))

    def _plan(self, name: str) -> Plan:
        logs = self.folder.logs
        return Plan(logs / f"{name}.notes", logs / f"{name}.died", "", "turn")


@contextmanager
def band(
    root: Path,
    forks: ForkServer,
    database: str,
    workers: int,
    latency: float,
    *,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Band]:
    """Run a band on an empty directory and an empty database; `settings` are more variables."""
    root.mkdir(parents=True, exist_ok=True)
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder = Folder(root)
    folder.prepare()
    ensure_secrets(folder)
    build(SAMPLE.name, folder.source)
    migrate(database)
    place = Place(root, ENVIRONMENTS, forks, Path.home())
    it = Band(place, forks, database, workers, settings)
    try:
        it.begin(latency)
        yield it
    finally:
        it.end()
