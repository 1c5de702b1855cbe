"""One session, turn by turn: ask, run what was asked for, record, and go on.

Every decision is a function of the rows, so that a session that starts again makes the same ones.
What a stop reason means stands in `judging`, how a request is made in `exchange`.
"""

import logging

from app.claude import compaction
from app.claude.course import COMPACTION, GO_ON, Course
from app.claude.dispatch import Dispatcher
from app.claude.exchange import Exchange, Room
from app.claude.judging import End, RunTools, Say, Shorten, judge, settled
from app.claude.limits import Cause, has_room, nudge, outcome_of, pressing, reason_of, wrap_up
from app.claude.outputs import Outputs
from app.claude.submitting import MOST_REFUSALS, Submitting
from phases.core.allowance import Allowance, stopped_by
from phases.core.errors import DefectError
from phases.core.ports import Desk, Examine
from phases.core.session import Assignment, Json, SessionEnd, TurnRow

_log = logging.getLogger(__name__)


class Conversation:
    """A session in progress; it is held once."""

    def __init__(self, room: Room, assignment: Assignment, desk: Desk) -> None:
        self._journal = room.journal
        self._assignment = assignment
        self._desk = desk
        self._course = Course()
        self._exchange = Exchange(room, assignment, self._course)

    async def hold(self, examine: Examine) -> SessionEnd:
        """Go on behind the rows there are, to the end.

        Raises:
            StaleSegmentError: the session is somebody else's by now.
        """
        unanswered: Json | None = None
        allowance = await self._exchange.begin()
        if allowance is None:
            unanswered = await self._catch_up()
            allowance = await self._journal.allowance(self._assignment.run)
        dispatcher = Dispatcher(
            self._assignment.agent,
            self._desk,
            Submitting(examine, len(self._course.refusals)),
            Outputs(self._journal, self._assignment),
        )
        while True:
            if unanswered is None:
                if end := self._over(allowance):
                    await self._exchange.close()
                    return self._end(end, allowance)
                asked = await self._exchange.ask()
                if isinstance(asked, End):
                    return self._end(asked, allowance)
                unanswered, allowance = asked.reply, asked.allowance
            if end := await self._answer(unanswered, dispatcher, allowance):
                return self._end(end, allowance)
            unanswered = None

    async def _catch_up(self) -> Json | None:
        """Read the rows, put the files back to the last of them; return the reply left open."""
        rows = await self._journal.turns(self._assignment.session)
        for n, row in enumerate(rows):
            if row.n != n or (row.results is None and row is not rows[-1]):
                raise DefectError(f"session {self._assignment.session} has a gap at turn {n}")
            self._take(row)
        if not rows:
            return None
        self._exchange.count_earlier_lives()
        if self._course.snapshot is None:
            await self._desk.begin_again()
        else:
            await self._desk.restore(self._course.snapshot)
        self._note("session goes on")
        return rows[-1].reply if rows[-1].results is None else None

    def _take(self, row: TurnRow) -> None:
        summary = row.reply["stop_reason"] == COMPACTION
        if row.request_sha256 != self._exchange.digest(summary=summary):
            _log.warning("request differs from the one on record", extra=self._exchange.place())
        self._course.take_row(row)
        if not summary:
            self._exchange.transcript.add_reply(row.reply)
        if row.results is not None:
            self._exchange.go_on_behind(row.reply, row.results)

    def _over(self, allowance: Allowance) -> End | None:
        """Return the end of a session that may not ask again."""
        course = self._course
        if end := settled(course, self._assignment.limits):
            return end
        money = allowance.money
        if course.wrapping is None and money.left <= 0:
            cause = Cause(money.limit.value)
            return End(outcome_of(cause), reason_of(cause, self._assignment.limits), cause)
        return None

    async def _answer(
        self, reply: Json, dispatcher: Dispatcher, allowance: Allowance
    ) -> End | None:
        """Run and record what answers a reply; an end when it cannot be answered."""
        course, limits = self._course, self._assignment.limits
        results: tuple[Json, ...]
        snapshot = None
        words = self._lifted(allowance)
        match judge(reply, course, limits):
            case End() as end:
                return end
            case Say(results):
                pass
            case Shorten():
                last = self._exchange.transcript.last_exchange()
                results = compaction.continuation(reply, last)
            case RunTools(calls):
                ran = await self._exchange.meanwhile(dispatcher.run(course.rows - 1, calls))
                results = ran.results
                snapshot = await self._changed() if ran.wrote else None
        course.take_results(reply, results, snapshot)
        if settled(course, limits) is None:
            words = (*words, *self._advice(allowance))
        said = tuple({"type": "text", "text": text} for text in words)
        course.take_words(said)
        results = (*results, *said)
        self._exchange.answer(reply, results, snapshot)
        return None

    def _lifted(self, allowance: Allowance) -> tuple[str, ...]:
        """Take a wrap-up back whose limit leaves room again; return what says so."""
        course = self._course
        cause = course.wrapping
        if not course.last or cause is None or cause.limit is None:
            return ()
        if not has_room(cause.limit, course.used(self._exchange.seconds), allowance):
            return ()
        course.wrapping, course.last = None, False
        return (GO_ON,)

    def _advice(self, allowance: Allowance) -> tuple[str, ...]:
        """Return what the model is told beside its results: to wrap up, or to leave a circle."""
        course = self._course
        cause = self._pressing(allowance)
        if cause is None and len(course.refusals) >= MOST_REFUSALS:
            cause = Cause.REFUSALS
        circle = course.circle
        if cause is None and circle is not None:
            if circle not in course.nudged:
                self._note("nudge", cause=circle)
                return (nudge(circle),)
            cause = circle
        if cause is None:
            return ()
        self._note("wrap-up", cause=cause)
        return (wrap_up(cause),)

    def _pressing(self, allowance: Allowance) -> Cause | None:
        used = self._course.used(self._exchange.seconds)
        return pressing(used, self._assignment.limits, allowance)

    async def _changed(self) -> str | None:
        name = await self._desk.snapshot()
        return None if name == self._course.snapshot else name

    def _end(self, end: End, allowance: Allowance) -> SessionEnd:
        """Return how the session ended; at a limit of the run it only stops."""
        course = self._course
        setback = end.setback
        if end.cause is not None and end.cause.limit is not None:
            setback = stopped_by(end.cause.limit, allowance)
        self._note("session ended", outcome=end.outcome)
        return SessionEnd(
            outcome=end.outcome,
            reason=end.reason,
            submission=course.accepted,
            turns=course.turns,
            cost_usd=course.usd,
            refusals=tuple(sentence for refusal in course.refusals for sentence in refusal),
            setback=setback,
            snapshot=course.snapshot,
        )

    def _note(self, what: str, **fields: object) -> None:
        _log.info(what, extra={**self._exchange.place(), **fields})
