"""What the reception asks of other rooms; whoever joins them brings it. Nothing is decided here."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from phases.core.command import Commanded
from phases.core.events import Aside, Event, Labelled, Removed
from phases.core.machine import RunState
from phases.core.model import Person, Repository, Request, Role, Run
from phases.core.outward import Desired
from phases.core.record import Record
from phases.core.work import WorkName


class Stored(Protocol):
    """A stored delivery."""

    @property
    def id(self) -> int:
        """Its place in the order."""

    @property
    def event(self) -> str:
        """GitHub's name of the event."""

    @property
    def body(self) -> bytes:
        """What was signed."""


class Inbox(Protocol):
    """Where deliveries wait."""

    async def waiting(
        self, limit: int, *, besides: frozenset[int] = frozenset()
    ) -> Sequence[Stored]:
        """Return the oldest ones that nobody has dealt with, without those of these ids."""


class Reader(Protocol):
    """What knows the payloads of GitHub."""

    def read(self, event: str, body: bytes) -> Event | Aside | None:
        """Return what a delivery means to us, if anything."""

    def removal(self, event: str, body: bytes) -> Removed | None:
        """Return which repositories a delivery takes from us, if any."""


class Forgetting(Protocol):
    """What forgets repositories."""

    async def forget(self, delivery: int | None, removed: Removed) -> int:
        """Delete everything of them; the delivery is dealt with."""


class People(Protocol):
    """What knows who may do what."""

    async def role(self, repository: Repository, person: Person) -> Role:
        """Return a person's role in a repository, now."""


class Runs(Protocol):
    """The runs as events move them; each of the writes deals with the delivery too."""

    async def of_issue(self, repository: int, issue: int) -> Run | None:
        """Return the newest run of an issue."""

    async def of_pull_request(self, repository: int, number: int) -> Run | None:
        """Return the run whose pull request that is."""

    async def start(self, delivery: int | None, event: Labelled, number: int) -> Run:
        """Queue a new run."""

    async def move(
        self,
        delivery: int | None,
        run: Run,
        state: RunState,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded | None = None,
        request: Request | None = None,
        again: tuple[WorkName, ...] = (),
    ) -> None:
        """Move a run on, let it stand, or end it."""

    async def heed(
        self,
        delivery: int | None,
        run: Run,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded,
    ) -> None:
        """Put an order on record."""

    async def raise_limit(
        self,
        delivery: int | None,
        run: Run,
        usd: Decimal,
        why: str,
        show: tuple[Desired, ...],
        commanded: Commanded,
    ) -> None:
        """Let a run spend more; one that stopped by itself goes on."""

    async def note_edit(self, delivery: int | None, run: Run, request: Request | None) -> None:
        """Note how a run's issue reads by now."""

    async def remember(self, repository: Repository) -> None:
        """Keep a repository as it is called today, and whose it is."""

    async def answer(
        self,
        delivery: int | None,
        repository: Repository,
        number: int,
        show: tuple[Desired, ...],
        why: str,
    ) -> None:
        """Post something."""

    async def ignore(self, delivery: int | None, why: str) -> None:
        """Do nothing."""


class Records(Protocol):
    """What is on record of runs."""

    async def record(self, run: str) -> Record:
        """Return everything on record of a run."""


class Labels(Protocol):
    """The labels that people start runs with."""

    async def furnish(self, installation: int) -> None:
        """See to it that the repositories of an installation have them."""

    def forget(self, removed: Removed) -> None:
        """Have repositories that are taken from us seen to anew when they come back."""


class Hearing(Protocol):
    """What hears events that move no run."""

    async def hear(self, delivery: int | None, event: Aside) -> None:
        """Apply such an event; the delivery is dealt with."""
