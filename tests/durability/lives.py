"""A world whose service is killed and started anew, many times, by a fork server."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.demo.folder import Folder
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.stage import ENVIRONMENTS
from app.rehearsal.samples import build
from app.store.migrating import migrate
from tests.durability.watch import Plan
from tests.forking import UP_SECONDS, Forked, ForkServer, Start
from tests.story import Story
from tests.world import SAMPLE, Place, World

PATIENCE = 600.0
LOOK_SECONDS = 0.25
QUIET_SECONDS = 3.0
KILLED = -int(signal.SIGKILL)
SERVICE = "tests.durability.service:main"


@dataclass(frozen=True)
class Lives:
    """What became of one passage: how often the service died, and where; what it noted on its way.

    Each inner tuple holds the boundaries of one life in their order, the one it died at last.
    """

    notes: tuple[tuple[str, ...], ...]

    @property
    def deaths(self) -> int:
        """How often the service was killed."""
        return sum(bool(life) and life[-1].endswith(" DIED") for life in self.notes)

    @property
    def died_at(self) -> frozenset[str]:
        """Where the service died."""
        lasts = (life[-1] for life in self.notes if life)
        return frozenset(n.removesuffix(" DIED") for n in lasts if n.endswith(" DIED"))

    @property
    def boundaries(self) -> frozenset[str]:
        """Every boundary that was reached."""
        return frozenset(note.removesuffix(" DIED") for life in self.notes for note in life)


@dataclass(frozen=True)
class Act:
    """What a person does as soon as something is so on GitHub."""

    when: Callable[[], object]
    do: Callable[[], object]


class MortalWorld(World):
    """A world whose service is forked, and may be killed by a plan of its own."""

    def __init__(self, place: Place, forks: ForkServer) -> None:
        super().__init__(place)
        self._forks = forks
        self._living: Forked | None = None
        self._plan = self.plan("", "turn")

    @property
    def database(self) -> Path:
        """The database of its services."""
        return self.folder.service / "phaseline.db"

    def plan(self, deadly: str, grain: str, name: str = "unharmed") -> Plan:
        """Return a plan that notes and remembers under a name of its own."""
        logs = self.folder.logs
        return Plan(logs / f"{name}.notes", logs / f"{name}.died", deadly, grain)

    def serve(self) -> None:
        """Fork a service that dies as planned."""
        log, root = self.folder.log("service"), self.folder.root
        words = (self._plan.words(), "both")
        self._living = self._forks.fork(Start(SERVICE, words, self.environment(), root, log, log))

    def kill_the_service(self) -> None:
        """End the service as a power cut would."""
        assert self._living is not None
        self._living.kill()
        assert self._living.wait(UP_SECONDS) == KILLED
        self._living = None

    def stop_the_service(self) -> int:
        """Ask the service to end; return its status."""
        assert self._living is not None
        self._living.terminate()
        status = self._living.wait(UP_SECONDS)
        self._living = None
        return status

    def end(self) -> None:
        """End everything."""
        if self._living is not None:
            self._living.kill()
        super().end()

    def pass_through(
        self,
        story: Story,
        plan: Plan,
        *,
        acts: Sequence[Act] = (),
        between: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
    ) -> Lives:
        """Label an issue and let the service die and rise as planned until the run is ready.

        `acts` are what people do, in their order, instead of setting the label. `between` happens
        between two lives; `patience` is for how many seconds it is waited.
        """
        self._plan = plan
        left = list(acts) or [Act(lambda: True, story.label)]
        self.serve()
        deadline = time.monotonic() + patience
        over = False
        while True:
            assert time.monotonic() < deadline, f"not in time\n{self.said()}\n{story.tracker()}"
            # Over, it may still die at what follows the last word.
            status = self._ended(QUIET_SECONDS if over else LOOK_SECONDS)
            if status is not None:
                assert status == KILLED, f"the service ended by itself: {status}\n{self.said()}"
                between()
                self.serve()
            elif over:
                break
            elif not left:
                over = is_over(story)
            elif left[0].when():
                left.pop(0).do()
        assert self.stop_the_service() == 0
        return Lives(tuple(lives_in(plan.notes)))

    def _ended(self, seconds: float) -> int | None:
        assert self._living is not None
        try:
            return self._living.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


def is_over(story: Story) -> bool:
    """Tell by GitHub alone whether a run has said its last word."""
    tracker = story.tracker()
    if "🟢 ready for review" in tracker:
        (pull,) = story.pull_requests()
        return bool(pull["requested_reviewers"]) and not pull["draft"]
    assert "🔴 blocked" not in tracker, tracker
    assert "failed" not in tracker.partition("\n")[0], tracker
    return False


def lives_in(notes: Path) -> Iterator[tuple[str, ...]]:
    life: list[str] = []
    for note in notes.read_text().splitlines():
        if note == "life begins" and life:
            yield tuple(life)
            life = []
        life.append(note)
    yield tuple(life)


@contextmanager
def mortal_world(root: Path, forks: ForkServer) -> Iterator[MortalWorld]:
    """Run a mortal world on an empty directory."""
    ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    folder = Folder(root)
    folder.prepare()
    ensure_secrets(folder)
    build(SAMPLE.name, folder.source)
    migrate(f"sqlite:///{folder.service / 'phaseline.db'}")
    it = MortalWorld(Place(root, ENVIRONMENTS, forks, Path.home()), forks)
    try:
        it.begin()
        it.stop_the_service()
        yield it
    finally:
        it.end()
