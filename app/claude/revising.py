"""Whether a revision goes on with the conversation in which the agent made what it revises.

The agent knows there why it wrote what it wrote, and need not look at everything again. It decides
by what that costs, and by what is on record; it writes no prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.claude.course import COMPACTION, Course
from app.claude.keepalive import LONGEST_SECONDS
from app.claude.models import Models
from app.claude.ports import Journal
from app.claude.prices import OUTPUT, READ, WRITE, requests_of, total, units
from app.claude.transcript import Transcript
from phases.core.session import Json, Prompt, TurnRow

SHARE = 0.5
"""Of the working budget, if there is one: what is longer begins anew, handed over as text."""

DONE_AGAIN = 0.25
"""Share of its work that an agent does again which begins anew: it looks at what it had looked at.

Assumed, and rather too low than too high; a revision is taken to need as large a share of turns.
"""

CHARACTERS_A_TOKEN = 4

_AGAIN = (
    "Your step was accepted, and what you made has come back. The repository may have changed "
    "since you looked. What follows is your step now; end it by `submit` as before."
)


@dataclass(frozen=True)
class Past:
    """A conversation as it was held, from its first session to the end of its last.

    `own` are the parts of its prompts that no other agent shares. `intact` says that each request
    was this one, to the byte, and that nothing was summed up. `work` is what was paid for looking
    and writing, in uncached tokens: without the first request of a session and the last reply.
    """

    transcript: Transcript
    course: Course
    own: tuple[str, ...]
    results: tuple[Json, ...]
    intact: bool
    work: float
    ended_at: datetime

    def go_on(self, own: Sequence[str]) -> None:
        """Add what is asked now, as far as it has not been said."""
        asked = [text for text in own if text not in self.own]
        self.transcript.revise(self.results, "\n\n".join([_AGAIN, *asked]))


class Revising:
    """Reads earlier conversations back, for sessions of one model with one list of tools."""

    def __init__(self, journal: Journal, models: Models, model: str, tools: Sequence[Json]) -> None:
        self._journal = journal
        self._models = models
        self._model = model
        self._tools = tools

    async def past(self, session: str, prompt: Prompt) -> Past | None:
        """Return the conversation that ended with a session, or None when it is not on record.

        `prompt` is any of the run's: what all agents share is taken from it.
        """
        opening = await self._journal.opening(session)
        rows = await self._journal.turns(session)
        if opening is None or not rows or rows[-1].results is None:
            return None
        before = None
        if opening.earlier is None:
            told = Transcript(self._model, prompt.with_own(opening.own), self._tools)
        else:
            before = await self.past(opening.earlier, prompt)
            if before is None:
                return None
            before.go_on(opening.own)
            told = before.transcript
        course = Course()
        if before is not None:
            course.follow(before.course)
        intact = self._repeat(rows, told, course)
        return Past(
            transcript=told,
            course=course,
            own=(*(before.own if before else ()), *opening.own),
            results=rows[-1].results,
            intact=intact and (before is None or before.intact),
            work=_work(rows) + (before.work if before else 0.0),
            ended_at=rows[-1].at,
        )

    def pays(self, past: Past, prompt: Prompt, now: datetime) -> bool:
        """Say whether a conversation can be gone on with, and costs less than beginning anew."""
        course, most = past.course, SHARE * self._models.working_tokens
        if not past.intact or course.accepted is None or 0 < most < course.tokens:
            return False
        said = sum(len(text) for text in prompt.own if text in past.own)
        idle = (now - past.ended_at).total_seconds()
        return is_cheaper(course, past.work, said // CHARACTERS_A_TOKEN, idle)

    def _repeat(self, rows: Sequence[TurnRow], told: Transcript, course: Course) -> bool:
        """Add the rows of a session but for its last results; say whether all of it was so."""
        intact = True
        for row in rows:
            summary = row.reply["stop_reason"] == COMPACTION
            asked = told.sha256(self._models.room_for_reply(course.cuts))
            intact = intact and not summary and row.request_sha256 == asked
            course.take_row(row)
            told.add_reply(row.reply)
            if row is not rows[-1]:
                told.add_results(row.results or ())
        return intact


def is_cheaper(course: Course, work: float, said: int, idle_seconds: float) -> bool:
    """Say whether going on costs less than beginning anew, in uncached tokens.

    Who goes on reads the conversation again in each turn, and writes it anew when it has left the
    cache; who begins anew writes the `said` tokens of the own prompt again, and does a share of the
    `work` again. What all agents share costs both the same.
    """
    held = course.tokens - (course.pinned or 0)
    turns = DONE_AGAIN * course.turns
    first = READ if idle_seconds < LONGEST_SECONDS else WRITE
    return held * (first + READ * turns) <= said * (WRITE + READ * turns) + DONE_AGAIN * work


def _work(rows: Sequence[TurnRow]) -> float:
    used = [total(requests_of(row.reply["usage"])) for row in rows]
    first, last = used[0], used[-1]
    inputs = units(first) - OUTPUT * first.output
    return sum(units(tokens) for tokens in used) - inputs - OUTPUT * last.output
