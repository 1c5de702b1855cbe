"""A run's record put together again from the signed blocks of its comments and its branch. Pure.

What it cannot vouch for it refuses; what was never said on GitHub is left out, and done anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from app.github.seal import SealError, State, place_of, substance
from phases.core.model import Run
from phases.core.record import Passage, Performed, Record
from phases.core.work import PhaseName

WORK_TRAILER = "Phaseline-Work"
_ORDER = list(PhaseName)


@dataclass(frozen=True)
class Pushed:
    """A commit on the run's branch; a merge has several parents, its own side's first."""

    sha: str
    parents: tuple[str, ...]
    message: str


def rebuilt(
    state: State, shown: Mapping[str, Performed], pushed: Sequence[Pushed] | None
) -> Record:
    """Return the record of a run.

    `shown` are the works that comments hold, by name; `pushed` is what the branch has beyond
    the base, None when there is no branch.

    Raises:
        SealError: when what the tracker vouches for is gone, or is not what it was.
    """
    if state.record.run.base is None:
        # Nothing was built upon yet.
        return replace(state.record, works=(), passages=())
    kept, unsaid = _works(state, shown)
    known = {str(work.name) for work in state.record.works}
    later = [work for name, work in shown.items() if name not in known and work.accepted]
    works = sorted([*kept, *later], key=lambda work: work.started_at)
    run = state.record.run
    if pushed is not None:
        _hold_to_branch(run, works, pushed)
        run = replace(run, head=_head(run, works, unsaid, pushed))
    passages = _passages(state.record.passages, unsaid)
    return replace(state.record, run=run, works=tuple(works), passages=passages)


def _works(state: State, shown: Mapping[str, Performed]) -> tuple[list[Performed], list[Performed]]:
    kept: list[Performed] = []
    unsaid: list[Performed] = []
    for work in state.record.works:
        name = str(work.name)
        if name not in state.elsewhere:
            kept.append(work)
        elif name in shown:
            whole = shown[name]
            if substance(whole) != state.elsewhere[name]:
                raise SealError(f"the comment of {name} holds something else than the tracker says")
            kept.append(replace(whole, url=work.url))
        elif work.url:
            raise SealError(f"the comment of {name} is gone, or holds no signed block ({work.url})")
        else:
            unsaid.append(work)
    return kept, unsaid


def checked(work: Performed) -> Performed:
    """Return a work out of a comment's block, whole again.

    Raises:
        SealError: when its artifact's text is not that of its hash.
    """
    if work.artifact is None or place_of(work) is None:
        return work
    if sha256(work.artifact.text.encode()).hexdigest() != work.artifact.sha256:
        raise SealError(f"{work.artifact.name} of {work.name} does not have its hash")
    submission = work.submission and replace(work.submission, artifact=work.artifact.text)
    return replace(work, submission=submission)


def _hold_to_branch(run: Run, works: Sequence[Performed], pushed: Sequence[Pushed]) -> None:
    messages = {commit.sha: commit.message for commit in pushed}
    for work in works:
        if work.commit is None:
            continue
        trailer = f"{WORK_TRAILER}: {run.id}/{work.name}"
        if trailer not in messages.get(work.commit.sha, "").splitlines():
            raise SealError(f"the branch `{run.branch}` does not hold the commit of {work.name}")


def _head(
    run: Run, works: Sequence[Performed], unsaid: Sequence[Performed], pushed: Sequence[Pushed]
) -> str | None:
    """Return where the next work starts: at the last commit whose work is on record."""
    parents = {commit.sha: commit.parents for commit in pushed}
    made = [work.commit.sha for work in works if work.commit]
    undone = [work.commit.sha for work in unsaid if work.commit]
    if made and (undone or run.head not in parents or _is_behind(run.head, made[-1], parents)):
        return made[-1]
    if undone:
        # A commit of ours is made on the head, whatever else it joins.
        return next(iter(parents.get(undone[0], ())), run.head)
    return run.head


def _is_behind(sha: str | None, other: str, parents: Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether a commit is among those that another was made on, by any line of them."""
    seen: set[str] = set()
    open_ends = [other]
    while open_ends:
        for parent in parents.get(open_ends.pop(), ()):
            if parent == sha:
                return True
            if parent not in seen:
                seen.add(parent)
                open_ends.append(parent)
    return False


def _passages(passages: tuple[Passage, ...], unsaid: Sequence[Performed]) -> tuple[Passage, ...]:
    if not unsaid:
        return passages
    first = min(_ORDER.index(work.name.phase) for work in unsaid)
    return tuple(
        replace(passage, passed_at=None) if _ORDER.index(passage.phase) == first else passage
        for passage in passages
        if _ORDER.index(passage.phase) <= first
    )
