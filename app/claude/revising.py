"""Whether a revision goes on with the conversation in which the agent made what it revises.

Its prefix is in the cache, and the agent knows why it wrote what it wrote. It writes no prompt.
"""

from collections.abc import Sequence

from app.claude.course import COMPACTION, Course
from app.claude.transcript import Transcript
from phases.core.session import Prompt, TurnRow

SHARE = 0.5
"""Of the working budget, if there is one: what is longer begins anew, handed over as text."""

_AGAIN = (
    "Your step was accepted, and what you made has come back. The repository may have changed "
    "since you looked. What follows is your step now; end it by `submit` as before.\n\n"
)


def revised(
    told: Transcript,
    rows: Sequence[TurnRow],
    prompt: Prompt,
    max_tokens: int,
    working_tokens: int,
) -> bool:
    """Add an earlier session to its own prompt, and what is asked now behind it, if that can be.

    Each request is held against its hash on record: the conversation is the one that was held, to
    the byte, or it is not gone on with.
    """
    course = Course()
    results = None
    for row in rows:
        if results is not None:
            told.add_results(results)
        known = row.request_sha256 == told.sha256(max_tokens)
        if not known or row.results is None or row.reply["stop_reason"] == COMPACTION:
            return False
        course.take_row(row)
        told.add_reply(row.reply)
        results = row.results
    if results is None or course.accepted is None:
        return False
    if 0 < SHARE * working_tokens < course.tokens:
        return False
    told.revise(results, _AGAIN + prompt.blocks[-1].text)
    return True
