"""Outages of real length, each in the middle of a run: `python -m benchmarks.soak --outages`.

One service on PostgreSQL goes through all of them. A run counts when it ends ready with nothing
lost and nothing done twice, held against one that nothing interrupts, and when `/readyz` has told
of the outage. Of Claude's the tracker must tell too: of the others it cannot, or need not. It kills
nobody.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.durability.counting import Toll, toll
from tests.durability.lives import Lives, is_over
from tests.postgres import create_database, postgres_server, start_server, stop_server
from tests.starting import Executing
from tests.story import Story
from tests.world import World, world

LOOK_SECONDS = 0.5
TELL_SECONDS = 10.0
DISK = "512m"
STEP = "implementation/backend-developer/1"
WAITING = "🟡 waiting"


@dataclass(frozen=True)
class Lengths:
    """How long each thing is away, and how long a run may take once all is back, in seconds."""

    database: float
    services: float
    disk: float
    most: float


@dataclass(frozen=True)
class Passed:
    """How one outage went; `back` is how long the run took to its end once all was back."""

    what: str
    away: float
    told: bool
    tracker: bool
    back: float
    toll: Toll

    @property
    def harmless(self) -> bool:
        """Whether it was told of, and cost nothing but the request that was under way.

        What the model answers while there is no database cannot be kept, and is asked again.
        """
        asked_again = len(self.toll.unexcused) > (1 if self.what == "database" else 0)
        told = self.told and (self.tracker or self.what != "claude")
        return told and not (self.toll.lost or self.toll.doubled or asked_again)


class Outages:
    """One world, whose surroundings fail one after the other."""

    def __init__(
        self, it: World, socket: str, lengths: Lengths, say: Callable[[str], None]
    ) -> None:
        self._world = it
        self._socket = socket
        self._lengths = lengths
        self._say = say

    def go(self) -> Iterator[Passed]:
        """Yield how each outage went."""
        unharmed = self._world.label_issue()
        self._until_over(unharmed)
        self._say("one run has passed unharmed; now the outages")
        away = self._lengths.services
        for what, seconds, begin, end in (
            ("database", self._lengths.database, self._stop_database, self._start_database),
            ("github", away, self._taker("github"), self._bringer("github")),
            ("claude", away, self._taker("claude"), self._bringer("claude")),
            ("disk", self._lengths.disk, self._fill, self._empty),
        ):
            yield self._passed(what, seconds, begin, end, unharmed)

    def _passed(
        self,
        what: str,
        seconds: float,
        begin: Callable[[], None],
        end: Callable[[], None],
        unharmed: Story,
    ) -> Passed:
        story = self._world.label_issue()
        self._until(
            lambda: any(e["step"] == STEP for e in story.requests_of_claude()), f"{STEP} is at work"
        )
        begin()
        self._say(f"{what} is away for {seconds:g} s")
        told = self._watched(seconds, again=self._fill if what == "disk" else None)
        tracker = self._tracker_tells(story)
        end()
        self._say(f"{what} is back; told by /readyz: {told}, by the tracker: {tracker}")
        began = time.monotonic()
        self._until_over(story)
        back = time.monotonic() - began
        self._say(f"the run is over {back:.0f} s later")
        return Passed(what, seconds, told, tracker, back, toll(story, unharmed, Lives(())))

    def _tracker_tells(self, story: Story) -> bool:
        """Tell whether the tracker says that the run waits, as far as GitHub is there to ask."""
        with suppress(httpx2.HTTPError):
            return WAITING in story.tracker().partition("\n")[0]
        return False

    def _watched(self, seconds: float, again: Callable[[], None] | None) -> bool:
        told = False
        deadline = time.monotonic() + seconds
        said = time.monotonic()
        while time.monotonic() < deadline:
            self._world.check()
            if again is not None:
                again()
            with suppress(httpx2.HTTPError):
                answer = self._world.service.get("/readyz", timeout=10)
                told = told or answer.status_code != 200 or "waiting" in answer.json()
            if time.monotonic() - said > TELL_SECONDS:
                said = time.monotonic()
                self._say(f"{deadline - said:.0f} s to go; told: {told}")
            time.sleep(LOOK_SECONDS)
        return told

    def _until_over(self, story: Story) -> None:
        self._until(lambda: is_over(story), "the run is over")

    def _until(self, what: Callable[[], bool], why: str) -> None:
        deadline = time.monotonic() + self._lengths.most
        said = time.monotonic()
        while True:
            self._world.check()
            if time.monotonic() - said > TELL_SECONDS:
                said = time.monotonic()
                self._say(f"until {why}: at most {deadline - said:.0f} s to go")
            # What was away may need a moment to answer again.
            with suppress(httpx2.HTTPError):
                if what():
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"not in time: {why}\n{self._world.said()}")
            time.sleep(LOOK_SECONDS)

    def _stop_database(self) -> None:
        stop_server(self._socket)

    def _start_database(self) -> None:
        start_server(self._socket)

    def _taker(self, process: str) -> Callable[[], None]:
        return lambda: self._world.take_away(process)

    def _bringer(self, process: str) -> Callable[[], None]:
        return lambda: self._world.bring_back(process)

    def _fill(self) -> None:
        with self._filling.open("ab") as file, suppress(OSError):
            left = os.fstatvfs(file.fileno())
            file.write(b"x" * (left.f_bavail * left.f_frsize))

    def _empty(self) -> None:
        self._filling.unlink()

    @property
    def _filling(self) -> Path:
        return self._world.folder.service / "filling"


@contextmanager
def outages(root: Path, lengths: Lengths, say: Callable[[str], None]) -> Iterator[Outages]:
    """Run a service on PostgreSQL whose files lie on a small disk; mounting it takes root."""
    place = root / "service"
    place.mkdir(mode=0o700, parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)], check=True)
    try:
        with postgres_server() as socket:
            url = create_database(socket, "outages")
            settings = {"PHASELINE_LEAST_FREE_DISK_MB": "8"}
            with world(root, Executing(), database_url=url, settings=settings) as it:
                yield Outages(it, socket, lengths, say)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
