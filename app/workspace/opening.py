"""Opens the checkout of one step: files, cage, tools, and a git directory that agents may use.

Everything is made anew and removed at the end; what must outlive it lies in the run's object store.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.workspace import gitdir
from app.workspace.checkout import Checkouts
from app.workspace.committing import Committer, Place
from app.workspace.environments.preparation import Environment
from app.workspace.lookup import Lookup
from app.workspace.objects import Entry, Objects
from app.workspace.overview import Overview
from app.workspace.ports import Packs
from app.workspace.sandbox.cage import Cage
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.scratch import Scratch
from app.workspace.snapshots import Snapshots
from app.workspace.tools.toolbox import EDITOR, Toolbox, ToolLimits
from app.workspace.working_tree import WorkingTree
from app.workspace.worktree import GitWorktree
from phases.core.agent import Agent, Roster
from phases.core.model import Run
from phases.core.work import WorkName


@dataclass(frozen=True)
class Start:
    """What a step starts from.

    `overview` is of the run's base, `mirror` the git directory that `objects` borrows from,
    `parents` what a commit is made on, `conflicts` what a merge of them left unresolved.
    """

    run: Run
    objects: Objects
    mirror: Path
    overview: Overview
    environment: Environment
    commit: str
    branch: str
    remote_tip: str | None
    parents: tuple[str, ...]
    conflicts: tuple[str, ...]


class Openings:
    """Opens checkouts below `root`."""

    def __init__(
        self,
        sandbox: Sandbox,
        checkouts: Checkouts,
        committer: Committer,
        limits: ToolLimits,
        packs: Packs,
        root: Path,
    ) -> None:
        self._packs = packs
        self._sandbox = sandbox
        self._checkouts = checkouts
        self._committer = committer
        self._limits = limits
        self._root = root

    @asynccontextmanager
    async def open(
        self, start: Start, name: WorkName, roster: Roster, *, writable: bool
    ) -> AsyncIterator[GitWorktree]:
        """Open the checkout of a piece of work, for the agent that performs it."""
        work = f"{start.run.id}/{name}"
        place = self._root / sha256(work.encode()).hexdigest()[:24]
        try:
            cage = await self._lay_out(start, place, writable=writable)
            agent = roster.agent(name.performer)
            toolbox = Toolbox(
                self._sandbox,
                cage,
                allowed=_allowed(agent),
                skills={skill.name: skill.body for skill in roster.skills},
                limits=self._limits,
            )
            listing = await start.objects.listing(start.commit)
            tree = await self._tree(start, place, cage, listing)
            yield GitWorktree(
                tree,
                toolbox,
                self._committer,
                Place(start.objects, start.commit, work, start.remote_tip, start.parents),
                Lookup(start.objects, listing, cage.worktree),
                snapshots=Snapshots(
                    start.objects, self._packs, start.run.id, str(name), start.commit
                ),
                conflicts=start.conflicts,
                protected=start.overview.settings.protected,
                writable=writable,
            )
        finally:
            await self._checkouts.remove(place)

    async def _lay_out(self, start: Start, place: Path, *, writable: bool) -> Cage:
        tree, index = place / "tree", place / "index"
        await self._checkouts.make(start.objects, start.commit, tree, index)
        await gitdir.lay_out(
            place / "git",
            commit=start.commit,
            base=start.overview.commit,
            base_branch=start.branch,
            index=index,
            owner=self._sandbox.owner,
        )
        scratch = Scratch.make(place / "scratch", self._sandbox.owner)
        own = gitdir.mounts(
            place / "git", objects=start.objects.gitdir, lender=start.mirror, writable=writable
        )
        return Cage(
            worktree=tree,
            scratch=scratch.path,
            writable=writable,
            mounts=(*own, *start.environment.mounts),
            path=start.environment.path,
        )

    async def _tree(
        self, start: Start, place: Path, cage: Cage, listing: Mapping[bytes, Entry]
    ) -> WorkingTree:
        tree = WorkingTree(
            start.objects,
            cage.worktree,
            start.commit,
            listing,
            mounts=cage.mount_points,
            index=place / "service.index",
            owner=self._sandbox.owner,
        )
        await tree.begin()
        return tree


def _allowed(agent: Agent) -> frozenset[str]:
    """Return the tools of an agent by the names that the model knows them by."""
    names = {"editor": EDITOR, "view": EDITOR}
    return frozenset(names.get(tool, tool) for tool in agent.tools)
