"""What to do about a comment of ours that people deleted or edited: write it once more, or not.

The store outranks what is shown of it: nothing that a comment says by now is ever read.
"""

from dataclasses import dataclass

from phases.core.events import Altered
from phases.core.machine import RunState
from phases.core.outward import Shown
from phases.core.sanitise import inline
from phases.core.work import WorkName

MOST_REPAIRS = 3
# What a run shows of itself for good; the rest was said once, and may be cleaned away.
_LASTING = ("tracker", "artifact/", "receipts/")
_FORGOTTEN = frozenset({RunState.CANCELLED, RunState.CLOSED})


@dataclass(frozen=True)
class Restoration:
    """Whether a comment is written again, and the note that tells of it, if any does.

    One that is `gone` has lost its address on GitHub.
    """

    write: bool
    note: str
    gone: bool = False


def restoration(altered: Altered, shown: Shown, state: RunState) -> Restoration | None:
    """Return what to do about an altered comment of a run in that state, or None for nothing."""
    if state in _FORGOTTEN:
        return None
    who = inline(altered.actor.login) if altered.actor else "Somebody"
    if not altered.deleted:
        return _edit(altered, shown, who)
    if altered.actor is None and shown.key.startswith(_LASTING):
        # A list may miss one that is there: the writer looks for itself, and tells.
        return Restoration(True, "")
    return deletion(shown.key, shown.deletions, who) if altered.actor else None


def _edit(altered: Altered, shown: Shown, who: str) -> Restoration | None:
    if altered.body_sha256 == shown.body_sha256 or shown.repairs > MOST_REPAIRS:
        return None
    if altered.actor is None and shown.in_flight:
        # What differs may be what we are writing at this moment.
        return None
    what = _name(shown.key)
    if shown.repairs == MOST_REPAIRS:
        return Restoration(False, f"{who} goes on editing {what}; that is left alone now.")
    return Restoration(True, f"{who} edited {what}; it was put right.")


def deletion(key: str, deletions: int, who: str) -> Restoration | None:
    """Return what to do about a comment that is gone, after so many deletions before."""
    if not key.startswith(_LASTING):
        return None
    if deletions:
        note = f"{who} deleted {_name(key)} again; it is left alone now."
        return Restoration(False, note, gone=True)
    return Restoration(True, f"{who} deleted {_name(key)}; it was written again.", gone=True)


def _name(key: str) -> str:
    kind, _, rest = key.partition("/")
    if kind == "artifact":
        return f"a comment of {WorkName.parse(rest).performer}"
    return "the comment of the checks" if kind == "receipts" else f"the {kind} comment"
