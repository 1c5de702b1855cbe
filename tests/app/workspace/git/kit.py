"""A git host on loopback, and the room's own parts on top of it, for tests in several places."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from app.workspace.checkout import Checkouts
from app.workspace.committing import Bot, Committer, Place
from app.workspace.git import Git
from app.workspace.leaks import Leaks
from app.workspace.mirror import Mirrors
from app.workspace.objects import Objects
from app.workspace.remote import Remote
from app.workspace.working_tree import WorkingTree
from phases.core.errors import PhaselineError, TransientError
from phases.core.machine import RunState
from phases.core.model import Base, Person, Places, Repository, Run
from tests.app.workspace.git.hosting import GitHost, Serving

FETCH_TOKEN = "ghs_" + "f" * 60
NEW_FETCH_TOKEN = "ghs_" + "n" * 60
BOT = Bot("phaseline[bot]", "1+phaseline[bot]@users.noreply.github.com")
PUSH_TOKEN = "ghs_" + "p" * 60
REPOSITORY = Repository(7, "owner", "project", 1, "main")


@dataclass
class IssuedTokens:
    """Gives out two fixed tokens and remembers which were revoked."""

    revoked: list[str] = field(default_factory=list)
    taken_no_more: list[str] = field(default_factory=list)
    unrevocable: bool = False
    refused: bool = False

    async def for_fetch(self, _: Repository, *, refused: str | None) -> str:
        if self.refused:
            raise PhaselineError("GitHub answered 404: no such installation")
        self.taken_no_more += [refused] if refused else []
        return NEW_FETCH_TOKEN if refused else FETCH_TOKEN

    async def for_push(self, _: Repository) -> str:
        return PUSH_TOKEN

    async def revoke(self, token: str) -> None:
        if self.unrevocable:
            raise TransientError(f"no answer for {token}")
        self.revoked.append(token)


@dataclass
class SteppingClock:
    """Moves on by a minute each time it is asked."""

    minutes: int = 0

    def now(self) -> datetime:
        self.minutes += 1
        return datetime(2026, 1, 1, 12, self.minutes, tzinfo=UTC)


@dataclass
class PatientClock(SteppingClock):
    """Waiting takes no time, and is remembered in seconds; something may happen meanwhile."""

    waits: list[float] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.meanwhile is not None:
            await self.meanwhile()


def a_run(base: str | None = None, head: str | None = None) -> Run:
    return Run(
        id="run-1",
        repository=REPOSITORY,
        issue=12,
        number=1,
        labeller=Person(1, "maintainer"),
        state=RunState.RUNNING,
        segment=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        limit_usd=Decimal(15),
        base=Base(base, "main", Places()) if base else None,
        branch="phaseline/12-add-a-thing",
        head=head,
    )


@dataclass
class Bench:
    """What a test of this room works with."""

    host: GitHost
    tokens: IssuedTokens
    git: Git
    remote: Remote
    mirrors: Mirrors
    data: Path
    clock: PatientClock
    minutes: int = 0

    def committer(self, *known: str) -> Committer:
        return Committer(BOT, Leaks(known), SteppingClock(self.minutes))

    async def fetched(self) -> Objects:
        await self.mirrors.refresh(REPOSITORY)
        return await self.mirrors.objects(a_run())

    async def tree(self, commit: str, *, name: str = "tree") -> tuple[WorkingTree, Path]:
        """Check a commit out as a step would."""
        objects = await self.fetched()
        root = self.data / name
        index = self.data / f"{name}.index"
        await Checkouts(self.git, None).make(objects, commit, root, index)
        listing = await objects.listing(commit)
        tree = WorkingTree(
            objects, root, commit, listing, mounts=(".venv",), index=index, owner=None
        )
        await tree.begin()
        return tree, root

    def place(self, objects: Objects, start: str, remote_tip: str | None = None) -> Place:
        work = "run-1/implementation/backend-developer/1"
        return Place(objects, start, work, remote_tip, (start,))


@contextmanager
def git_bench(directory: Path) -> Iterator[Bench]:
    root = directory / "host"
    root.mkdir()
    with Serving(root, {FETCH_TOKEN, PUSH_TOKEN}) as host:
        tokens = IssuedTokens()
        git = Git(Path("/usr/bin/git"), schemes=("http",), network={})
        clock = PatientClock()
        remote = Remote(git, tokens, host.url, clock)
        data = directory / "data"
        data.mkdir()
        yield Bench(host, tokens, git, remote, Mirrors(git, remote, data / "git"), data, clock)
