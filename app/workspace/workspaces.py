"""Git and the cage for the phases: the port `phases.core.ports.Workspaces` on git.

It puts the room's parts together for one run at a time; each part knows only its own work.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pathspec import GitIgnoreSpec

from app.workspace import overview
from app.workspace.branches import Branches
from app.workspace.checks.run import CheckRunner, Subject, not_configured
from app.workspace.environments.preparation import Environment
from app.workspace.mirror import Mirrors
from app.workspace.objects import GITLINK, SYMLINK, Objects
from app.workspace.opening import Openings, Start
from app.workspace.overview import Overview
from app.workspace.ports import Logs, RosterReader
from app.workspace.preparing import NOTHING, EnvironmentKeeper
from app.workspace.remote import Remote
from app.workspace.worktree import GitWorktree
from phases.core.agent import Roster
from phases.core.errors import BlockedError, DefectError, TransientError
from phases.core.model import Arrival, Base, Drift, Merge, Run, short
from phases.core.ports import RepositoryMap
from phases.core.receipts import Check, Receipt
from phases.core.work import PhaseName, WorkName

_MOST_REMEMBERED = 32
_MOST_TEXT_BYTES = 256 << 10
_MOST_TEXTS = 200


class GitWorkspaces:
    """The workspaces of all runs on this host."""

    def __init__(
        self,
        *,
        mirrors: Mirrors,
        remote: Remote,
        branches: Branches,
        openings: Openings,
        environments: EnvironmentKeeper,
        checks: CheckRunner,
        roster: RosterReader,
        logs: Logs,
        warning: str,
    ) -> None:
        self._mirrors = mirrors
        self._remote = remote
        self._branches = branches
        self._openings = openings
        self._environments = environments
        self._checks = checks
        self._roster = roster
        self._logs = logs
        self._warning = warning
        self._overviews: dict[tuple[int, str], Overview] = {}

    def warning(self) -> str:
        """Return what people must know of where agents work on this host; empty for nothing."""
        return self._warning

    async def fetch_base(self, run: Run) -> Base:
        """Fetch the repository and freeze what the run starts from: the default branch's tip.

        Raises:
            TransientError: when GitHub does not answer.
            BlockedError: when there is no such branch, it is too large, or its settings are wrong.
        """
        branch = run.repository.default_branch
        await self._mirrors.refresh(run.repository)
        sha = await self._mirrors.tip(run.repository, branch)
        if sha is None:
            raise BlockedError(
                f"{run.repository.full_name} has no commit on `{branch}` to start from."
            )
        seen = await self._overview(run, sha)
        return Base(sha, branch, seen.places, seen.settings.plan_gate)

    async def survey(self, run: Run) -> RepositoryMap:
        """Describe the repository at the run's base commit."""
        return overview.repository_map(await self._base_overview(run))

    async def roster(self, run: Run) -> Roster:
        """Return the agents, skills and rules as frozen at the run's base commit."""
        seen = await self._base_overview(run)
        objects = await self._mirrors.with_commit(run, seen.commit)
        wanted = GitIgnoreSpec.from_lines(self._roster.patterns)
        found = {
            path.decode("utf-8", "replace"): entry.oid
            for path, entry in sorted(seen.listing.items())
            if entry.mode not in {GITLINK, SYMLINK}
            and (entry.size or 0) <= _MOST_TEXT_BYTES
            and wanted.match_file(path.decode("utf-8", "replace"))
        }
        chosen = dict(list(found.items())[:_MOST_TEXTS])
        contents = await objects.blobs(list(chosen.values()))
        return self._roster.read(
            {p: c.decode("utf-8", "replace") for p, c in zip(chosen, contents, strict=True)}
        )

    async def prepare(self, run: Run) -> tuple[Receipt | None, str]:
        """Build the environment of the base commit; return a receipt of the work and its key.

        Raises:
            BlockedError: when there is no telling what to install.
            TransientError: when the cage could not be built.
        """
        seen = await self._base_overview(run)
        objects = await self._mirrors.with_commit(run, seen.commit)
        return await self._environments.receipt(
            objects, _scope(run), seen.commit, seen.settings.setup
        )

    async def check(self, run: Run, commit: str) -> tuple[Receipt, ...]:
        """Run every check over a throw-away checkout of exactly that commit.

        What is checked follows the base commit, so that a run cannot do away with a check; what a
        commit brings besides is checked too.

        Raises:
            BlockedError: when the commit's dependencies cannot be installed.
            TransientError: when the cage could not be built.
        """
        base = await self._base_overview(run)
        objects = await self._mirrors.with_commit(run, commit)
        head = await self._overview(run, commit)
        environment = await self._environments.environment(
            objects, _scope(run), commit, base.settings.setup
        )
        subject = Subject(objects, commit, await objects.tree_of(commit))
        receipts = await self._checks.run(subject, _checks(base, head), environment)
        there = {receipt.check for receipt in receipts}
        missing = [check for check in base.missing if check not in there]
        if not missing:
            return receipts
        log = await self._logs.keep("")
        return (
            *receipts,
            *(not_configured(subject, check, environment.key, log) for check in missing),
        )

    @asynccontextmanager
    async def open(
        self,
        run: Run,
        name: WorkName,
        roster: Roster,
        *,
        writable: bool,
        merging: str | None = None,
    ) -> AsyncIterator[GitWorktree]:
        """Open the checkout for one step at the run's head (its base before there is one).

        With `merging` that commit is merged into it, conflict markers and all, and the step's
        commit completes the merge.

        Raises:
            TransientError: when GitHub does not answer, or does not show the head yet.
            BlockedError: when the commit cannot be checked out.
        """
        seen = await self._base_overview(run)
        commit = run.head or seen.commit
        objects = await self._mirrors.with_commit(run, commit)
        environment = await self._environment_for(run, objects, name, commit, seen)
        parents = (commit, merging) if merging else (commit,)
        conflicts: tuple[str, ...] = ()
        if merging:
            commit, conflicts = await self._branches.marked(run, objects, merging)
        start = Start(
            run=run,
            objects=objects,
            mirror=self._mirrors.mirror(run.repository),
            overview=seen,
            environment=environment,
            commit=commit,
            branch=run.base.branch if run.base else run.repository.default_branch,
            remote_tip=await self._tip(run) if writable else None,
            parents=parents,
            conflicts=conflicts,
        )
        async with self._openings.open(start, name, roster, writable=writable) as worktree:
            yield worktree

    async def arrived(self, run: Run) -> Arrival | None:
        """Return what people have pushed on top of the run's head, or None.

        Raises:
            BlockedError: when the branch is gone, or was rewritten; the message says what to do.
            TransientError: when GitHub does not answer.
        """
        return await self._branches.arrived(run)

    async def drift(self, run: Run) -> Drift | None:
        """Return how far the base branch is from the run's; None when the run's has all of it."""
        return await self._branches.drift(run)

    async def merge(self, run: Run, name: WorkName, tip: str) -> Merge:
        """Merge a commit into the run's branch, as far as it merges cleanly, and push that."""
        return await self._branches.merge(run, name, tip)

    async def changed(self, run: Run) -> tuple[str, ...]:
        """Return the paths that the run's branch changes against where it left its base branch."""
        return await self._branches.changed(run)

    async def push(self, run: Run, commit: str) -> None:
        """Push a commit to the run's branch, as a fast-forward; done already counts as done.

        Raises:
            BlockedError: when GitHub's rules refuse it, or the branch holds somebody else's work.
            TransientError: when GitHub does not answer.
        """
        if run.branch is None or run.base is None:
            raise DefectError("a push needs the run's branch and base")
        objects = await self._mirrors.with_commit(run, commit)
        if not await objects.is_ancestor(run.base.sha, commit):
            raise DefectError(f"{commit} does not descend from the run's base")
        tip = await self._remote.tip(run.repository, objects.gitdir, run.branch)
        if tip is not None and tip != commit:
            await self._mirrors.with_commit(run, tip)
            if await objects.is_ancestor(commit, tip):
                return
            if not await objects.is_ancestor(tip, commit):
                raise BlockedError(
                    f"`{run.branch}` stands at {short(tip)} on GitHub, with commits that this run"
                    " does not build on. Nothing was overwritten. Take them off the branch, or"
                    " start anew with the label."
                )
        if tip != commit:
            await self._push(run, objects, commit, run.branch)

    async def _push(self, run: Run, objects: Objects, commit: str, branch: str) -> None:
        try:
            await self._remote.push(run.repository, objects.gitdir, commit, branch)
        except TransientError:
            # What moved the branch may be this very push, by a git that outlived its service.
            if await self._remote.tip(run.repository, objects.gitdir, branch) != commit:
                raise

    async def _environment_for(
        self, run: Run, objects: Objects, name: WorkName, commit: str, seen: Overview
    ) -> Environment:
        """Return the environment for a step; before it is prepared, a step works without."""
        if name.phase is PhaseName.INITIALIZATION:
            return self._environments.known(_scope(run), commit) or NOTHING
        return await self._environments.environment(
            objects, _scope(run), commit, seen.settings.setup
        )

    async def _tip(self, run: Run) -> str | None:
        """Return where the run's branch stands on GitHub now, with its commits brought here.

        The cache would not do: another machine may have pushed the step's commit and died.
        """
        if run.branch is None:
            return None
        objects = await self._mirrors.objects(run)
        tip = await self._remote.tip(run.repository, objects.gitdir, run.branch)
        if tip is not None:
            await self._mirrors.with_commit(run, tip)
        return tip

    async def _base_overview(self, run: Run) -> Overview:
        if run.base is None:
            raise DefectError("the run has no base yet")
        return await self._overview(run, run.base.sha)

    async def _overview(self, run: Run, commit: str) -> Overview:
        key = (run.repository.id, commit)
        if key not in self._overviews:
            seen = await overview.look(await self._mirrors.with_commit(run, commit), commit)
            while len(self._overviews) >= _MOST_REMEMBERED:
                self._overviews.pop(next(iter(self._overviews)))
            self._overviews[key] = seen
        return self._overviews[key]


def _scope(run: Run) -> str:
    """Return what keeps the environments of repositories apart."""
    return str(run.repository.id)


def _checks(base: Overview, head: Overview) -> tuple[Check, ...]:
    known = {found.check.id for found in base.checks}
    added = [found for found in head.checks if found.check.id not in known]
    return tuple(found.check for found in (*base.checks, *added))
