"""A run's branch beside what others do: commits of people on it, a base branch that has moved.

Nothing is forced and no file is touched: merges are made of objects, by plumbing.
"""

from dataclasses import dataclass

from app.workspace import names
from app.workspace.committing import WORK, Bot
from app.workspace.git import Git, GitError
from app.workspace.message import commit_text, trailer
from app.workspace.mirror import Mirrors
from app.workspace.objects import Objects, Signature
from app.workspace.ports import Clock
from app.workspace.remote import Remote
from phases.core.errors import BlockedError, DefectError
from phases.core.model import Arrival, Commit, Drift, Merge, Run, short
from phases.core.submission import CommitMessage
from phases.core.work import WorkName

_MOST_ARRIVALS = 100
_MOST_BEHIND = 10_000
_MOST_CONFLICTS = 100
# Of a merge that is only looked at: its name must be the same wherever it is made.
_NOBODY = Signature("Phaseline", "merge@phaseline.invalid", 10**9)


@dataclass(frozen=True)
class _Tree:
    """What a merge comes to: a tree, with conflict markers in the files that are named."""

    oid: str
    conflicts: tuple[str, ...]


class Branches:
    """The branches of runs as they stand on GitHub."""

    def __init__(self, mirrors: Mirrors, remote: Remote, git: Git, bot: Bot, clock: Clock) -> None:
        self._mirrors = mirrors
        self._remote = remote
        self._git = git
        self._bot = bot
        self._clock = clock

    async def arrived(self, run: Run) -> Arrival | None:
        """Return what people have pushed on top of the run's head, or None.

        Raises:
            BlockedError: when the branch is gone, or was rewritten; the message says what to do.
            TransientError: when GitHub does not answer.
        """
        if run.branch is None or run.head is None:
            return None
        objects = await self._mirrors.objects(run)
        tip = await self._remote.tip(run.repository, objects.gitdir, run.branch)
        if tip == run.head:
            return None
        if tip is None:
            raise BlockedError(_lost(run, "is not on GitHub any more"))
        objects = await self._mirrors.with_commit(run, tip)
        known = await objects.has_commit(run.head)
        if not known or not await objects.is_ancestor(run.head, tip):
            raise BlockedError(_lost(run, f"was rewritten: it stands at {short(tip)} now"))
        made = await objects.commits(tip, behind=run.head, most=_MOST_ARRIVALS)
        if any(f"{WORK}: {run.id}/" in commit.message for commit in made):
            # Pushed by the step that is begun again now; it takes that commit up itself.
            return None
        return Arrival(tip, len(made))

    async def drift(self, run: Run) -> Drift | None:
        """Return how far the base branch is from the run's; None when the run's has all of it.

        Raises:
            TransientError: when GitHub does not answer.
        """
        if run.base is None or run.head is None:
            return None
        objects = await self._mirrors.objects(run)
        tip = await self._remote.tip(run.repository, objects.gitdir, run.base.branch)
        if tip is None or tip == run.base.sha:
            return None
        objects = await self._mirrors.with_commit(run, tip)
        await self._mirrors.with_commit(run, run.head)
        if await objects.is_ancestor(tip, run.head):
            return None
        behind = len(await objects.commits(tip, behind=run.head, most=_MOST_BEHIND))
        tree = await self._tree(objects, run.head, tip)
        return Drift(tip, behind, tree.conflicts)

    async def merge(self, run: Run, name: WorkName, tip: str) -> Merge:
        """Merge a commit into the run's branch, push it when it merges cleanly, and say so.

        Raises:
            BlockedError: when GitHub's rules refuse the push; the message quotes them.
            TransientError: when GitHub does not answer, or the branch has moved meanwhile.
        """
        if run.head is None or run.branch is None or run.base is None:
            raise DefectError("a merge needs the run's branch, head and base")
        objects = await self._mirrors.with_commit(run, run.head)
        await self._mirrors.with_commit(run, tip)
        work = f"{run.id}/{name}"
        sha = await self._merged_before(run, objects, work)
        if sha is None:
            tree = await self._tree(objects, run.head, tip)
            if tree.conflicts:
                return Merge(tip, tree.conflicts, None)
            sha = await self._commit(run, objects, tree.oid, tip, work)
            await self._remote.push(run.repository, objects.gitdir, sha, run.branch)
        subject = _message(run).header()
        return Merge(tip, (), Commit(sha, await objects.tree_of(sha), subject, (), 0, 0))

    async def marked(self, run: Run, objects: Objects, tip: str) -> tuple[str, tuple[str, ...]]:
        """Return a commit that is never pushed, and the paths in which it has conflict markers."""
        if run.head is None:
            raise DefectError("a merge needs the run's head")
        await self._mirrors.with_commit(run, tip)
        tree = await self._tree(objects, run.head, tip)
        ref = f"refs/phaseline/marked/{tip}"
        parents, text = (run.head, tip), "merge: conflicts\n"
        sha = await objects.write_commit(tree.oid, parents, text, _NOBODY, ref=ref)
        return sha, tree.conflicts

    async def changed(self, run: Run) -> tuple[str, ...]:
        """Return the paths that the run's branch changes against where it left its base branch."""
        if run.base is None or run.head is None:
            return ()
        objects = await self._mirrors.with_commit(run, run.head)
        tip = await self._mirrors.tip(run.repository, run.base.branch) or run.base.sha
        fork = run.base.sha
        if await objects.has_commit(tip):
            fork = await self._fork(objects, tip, run.head) or fork
        files, _, _ = await objects.statistics(fork, run.head)
        return files

    async def _fork(self, objects: Objects, one: str, other: str) -> str | None:
        try:
            found = await self._git.run(objects.gitdir, "merge-base", one, other)
        except GitError as error:
            if error.code == 1:
                return None
            raise
        return found.decode().split()[0]

    async def _commit(self, run: Run, objects: Objects, tree: str, tip: str, work: str) -> str:
        text = commit_text(_message(run), {WORK: work})
        at = int(self._clock.now().timestamp())
        signature = Signature(self._bot.name, self._bot.email, at)
        parents = (run.head or "", tip)
        ref = f"refs/phaseline/merged/{tip}"
        return await objects.write_commit(tree, parents, text, signature, ref=ref)

    async def _merged_before(self, run: Run, objects: Objects, work: str) -> str | None:
        """Return the merge that an interruption left behind on GitHub."""
        tip = await self._remote.tip(run.repository, objects.gitdir, run.branch or "")
        if tip is None or tip == run.head:
            return None
        objects = await self._mirrors.with_commit(run, tip)
        for made in await objects.commits(tip, behind=run.head or "", most=_MOST_ARRIVALS):
            if made.email == self._bot.email and trailer(made.message, WORK) == work:
                return made.sha
        return None

    async def _tree(self, objects: Objects, ours: str, theirs: str) -> _Tree:
        # Names are told as they are; git puts only those in quotation marks that cannot be shown.
        command = ("-c", "core.quotePath=false", "merge-tree", "--write-tree")
        shape = ("--name-only", "--no-messages")
        try:
            output = await self._git.run(objects.gitdir, *command, *shape, ours, theirs)
        except GitError as error:
            if error.code != 1:
                raise BlockedError(
                    f"{short(theirs)} cannot be merged: it has no history in common with this "
                    "run's branch. Start anew with the label."
                ) from error
            tree, *paths = error.stdout.rstrip().split("\n")
            listed = tuple(dict.fromkeys(paths))[:_MOST_CONFLICTS]
            return _Tree(tree, tuple(names.shown(path.encode()) for path in listed))
        return _Tree(output.decode().strip(), ())


def _message(run: Run) -> CommitMessage:
    branch = run.base.branch if run.base else "the base"
    return CommitMessage("chore", None, f"merge {branch}", None)


def _lost(run: Run, what: str) -> str:
    return (
        f"`{run.branch}` {what}, and the run's last commit {short(run.head or '')} is not on it."
        " Nothing was overwritten. Push the branch at that commit again (or with commits on top of"
        " it) and comment `/phaseline retry`; or end the run by `/phaseline cancel` and set the"
        " label again to start anew."
    )
