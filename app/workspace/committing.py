"""Makes the one commit of a step, as the App's bot; made before, it is found again.

It neither scans nor pushes: what goes in has been looked at, and where it goes is decided later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from app.workspace import names
from app.workspace.leaks import Leaks
from app.workspace.message import commit_text, trailer
from app.workspace.objects import Made, Objects, Signature
from app.workspace.ports import Clock
from app.workspace.working_tree import Differences, WorkingTree
from phases.core.errors import BlockedError, DefectError
from phases.core.model import Commit
from phases.core.submission import CommitMessage

WORK = "Phaseline-Work"
_MOST_LOOKED_AT = 500
_MOST_NAMED = 10


@dataclass(frozen=True)
class Bot:
    """The App's own account on GitHub, as commits name it."""

    name: str
    email: str


@dataclass(frozen=True)
class Place:
    """Where a commit goes: the store, the commit it is made on, and the branch's tip on GitHub.

    `work` is the marker by which the commit is known again: `<run>/<phase>/<agent>/<round>`.
    `parents` are those of the commit: where it starts, or what a merge that it resolves joins.
    """

    objects: Objects
    start: str
    work: str
    remote_tip: str | None
    parents: tuple[str, ...]

    @property
    def ref(self) -> str:
        """The ref that holds the commit in the run's own store."""
        # Hashed: one work's name may be the beginning of another's, which refs cannot be.
        return f"refs/phaseline/made/{sha256(self.work.encode()).hexdigest()}"


class Committer:
    """Makes commits as `bot`; refuses those that `leaks` finds secrets in."""

    def __init__(self, bot: Bot, leaks: Leaks, clock: Clock) -> None:
        self._bot = bot
        self._leaks = leaks
        self._clock = clock

    def betrayed_by(self, text: str) -> bool:
        """Whether a text holds a secret of this service, in part or in disguise."""
        return self._leaks.betrayed_by(text)

    async def commit(
        self, place: Place, tree: WorkingTree, message: CommitMessage, trailers: Mapping[str, str]
    ) -> Commit:
        """Commit what differs in a tree.

        Raises:
            BlockedError: when something of it may not be committed; the message names the path.
            DefectError: when nothing differs.
        """
        differences = await tree.differences()
        _refuse(differences)
        if not differences.deltas and len(place.parents) == 1:
            raise DefectError(f"{place.work} has nothing to commit")
        await self._search(place, tree, differences)
        stored = await tree.store(differences.deltas)
        text = commit_text(message, {**trailers, WORK: place.work})
        sha = await self._made_before(place, stored)
        if sha is None:
            at = int(self._clock.now().timestamp())
            signature = Signature(self._bot.name, self._bot.email, at)
            sha = await place.objects.write_commit(
                stored, place.parents, text, signature, ref=place.ref
            )
        files, additions, deletions = await place.objects.statistics(place.start, sha)
        subject = text.partition("\n")[0]
        return Commit(sha, await place.objects.tree_of(sha), subject, files, additions, deletions)

    async def _search(self, place: Place, tree: WorkingTree, differences: Differences) -> None:
        before = await place.objects.listing(place.start)
        added = {path: new for path, new in differences.deltas.items() if new is not None}
        old = [before[path].oid for path in added if path in before]
        contents = dict(zip(old, await place.objects.blobs(old), strict=True))
        found: list[str] = []
        for path, content in zip(added, tree.contents(added), strict=True):
            entry = before.get(path)
            known = contents[entry.oid] if entry is not None else b""
            found += [
                f"- `{names.shown(path)}` line {leak.line}: {leak.what}"
                for leak in self._leaks.find(content, known)
            ]
        if found:
            listed = "\n".join(found[:_MOST_NAMED])
            raise BlockedError(f"Nothing was committed: the changes hold secrets.\n\n{listed}")

    async def _made_before(self, place: Place, tree: str) -> str | None:
        """Return the commit of this work that an interruption left behind.

        One that stands on GitHub's branch is the commit, whatever the files look like now.
        """
        if place.remote_tip is not None and await place.objects.has_commit(place.remote_tip):
            for made in await self._own(place, place.remote_tip):
                return made.sha
        kept = await place.objects.ref(place.ref)
        if kept is None:
            return None
        for made in await self._own(place, kept):
            if made.tree == tree and made.parents == " ".join(place.parents):
                return made.sha
        return None

    async def _own(self, place: Place, tip: str) -> list[Made]:
        made = await place.objects.commits(tip, behind=place.start, most=_MOST_LOOKED_AT)
        return [
            commit
            for commit in made
            if commit.email == self._bot.email and trailer(commit.message, WORK) == place.work
        ]


def _refuse(differences: Differences) -> None:
    refused = differences.refused
    if refused:
        listed = "\n".join(f"- `{c.path}`: {c.refusal}" for c in refused[:_MOST_NAMED])
        more = len(refused) - _MOST_NAMED
        tail = f"\n- and {more} more" if more > 0 else ""
        raise BlockedError(f"Nothing was committed. These may not go in:\n\n{listed}{tail}")
