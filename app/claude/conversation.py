"""One session, turn by turn: ask, record, run what was asked for, record, and go on.

Every decision is a function of the rows, so that a session that starts again makes the same ones.
What a stop reason means stands in `judging`, how a request is tried in `retry`.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from app.claude.asking import Answer, Asking, headers_of
from app.claude.course import Course
from app.claude.dispatch import Dispatcher
from app.claude.judging import End, RunTools, Say, judge, settled
from app.claude.limits import pressing, wrap_up
from app.claude.models import Models
from app.claude.ports import Journal, Watch
from app.claude.prices import Prices, requests_of, total
from app.claude.retry import GaveUp
from app.claude.submitting import Submitting
from app.claude.tools import tool_list
from app.claude.transcript import Transcript
from app.claude.warmth import Warmth
from phases.core.errors import DefectError
from phases.core.model import StepOutcome
from phases.core.ports import Desk, Examine
from phases.core.session import Assignment, Json, LedgerEntry, SessionEnd, TurnRow

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Room:
    """What all sessions of this process share."""

    asking: Asking
    journal: Journal
    models: Models
    prices: Prices
    watch: Watch
    warmth: Warmth


class Conversation:
    """A session in progress; it is held once."""

    def __init__(self, room: Room, assignment: Assignment, desk: Desk) -> None:
        model = room.models.of(assignment.tier)
        tools = tool_list(strict=model in room.models.strict)
        self._room = room
        self._assignment = assignment
        self._desk = desk
        self._model = model
        self._transcript = Transcript(model, assignment.prompt, tools)
        self._course = Course()
        self._began = room.watch.monotonic()
        self._worked_before = 0.0

    async def hold(self, examine: Examine) -> SessionEnd:
        """Go on behind the rows there are, to the end.

        Raises:
            StaleSegmentError: the session is somebody else's by now.
        """
        unanswered = await self._catch_up()
        dispatcher = Dispatcher(
            self._assignment.agent, self._desk, Submitting(examine, len(self._course.refusals))
        )
        while True:
            if unanswered is None:
                if end := settled(self._course, self._assignment.limits):
                    return self._end(end)
                reply = await self._ask()
                if isinstance(reply, SessionEnd):
                    return reply
                unanswered = reply
            if end := await self._answer(unanswered, dispatcher):
                return self._end(end)
            unanswered = None

    async def _catch_up(self) -> Json | None:
        """Read the rows, put the files back to the last of them; return the reply left open."""
        rows = await self._room.journal.turns(self._assignment.session)
        for n, row in enumerate(rows):
            if row.n != n or (row.results is None and row is not rows[-1]):
                raise DefectError(f"session {self._assignment.session} has a gap at turn {n}")
            self._take(row)
        if not rows:
            return None
        self._worked_before = self._course.seconds
        if self._course.snapshot is None:
            await self._desk.begin_again()
        else:
            await self._desk.restore(self._course.snapshot)
        self._note("session goes on")
        return rows[-1].reply if rows[-1].results is None else None

    def _take(self, row: TurnRow) -> None:
        if row.request_sha256 != self._transcript.sha256(self._room_for_reply()):
            _log.warning("request differs from the one on record", extra=self._place())
        self._course.take_row(row)
        self._transcript.add_reply(row.reply)
        self._transcript.add_results(row.results or ())

    async def _ask(self) -> Json | SessionEnd:
        course, transcript = self._course, self._transcript
        if course.wrapping is None and await self._spendable() <= 0:
            return self._end(End(StepOutcome.OVER_BUDGET, "No money is left to ask the model."))
        most = self._room_for_reply()
        digest = transcript.sha256(most)
        release = await self._warm()
        try:
            answer = await self._room.asking.ask(
                transcript.body(most), headers_of(self._assignment), release
            )
        finally:
            release()
        if isinstance(answer, GaveUp):
            end = self._end(End(StepOutcome.INFRA_ERROR, f"The model API failed: {answer.fault}"))
            return replace(end, after_seconds=answer.after_seconds)
        entry = self._entry(answer)
        seconds = self._seconds()
        await self._room.journal.reply(
            self._assignment, course.turns, digest, answer.message, entry, seconds
        )
        course.take_reply(answer.message, entry.cost_usd, seconds)
        transcript.add_reply(answer.message)
        self._note("turn", stop_reason=answer.message["stop_reason"], retries=answer.retries)
        return answer.message

    async def _answer(self, reply: Json, dispatcher: Dispatcher) -> End | None:
        """Run and record what answers a reply; an end when it cannot be answered."""
        course, limits = self._course, self._assignment.limits
        results: tuple[Json, ...]
        snapshot = None
        match judge(reply, course, limits):
            case End() as end:
                return end
            case Say(results):
                pass
            case RunTools(calls):
                ran = await dispatcher.run(calls)
                results = ran.results
                snapshot = await self._changed() if ran.wrote else None
        course.take_results(reply, results, snapshot)
        if settled(course, limits) is None:
            results = (*results, *await self._pressure())
        await self._room.journal.results(self._assignment, course.turns - 1, results, snapshot)
        self._transcript.add_results(results)
        return None

    async def _pressure(self) -> tuple[Json, ...]:
        """Return what asks the model to wrap up, when a limit leaves room for one turn only."""
        used = replace(self._course.used(), seconds=self._seconds())
        limit = pressing(used, self._assignment.limits, await self._spendable())
        if limit is None:
            return ()
        self._course.wrapping = limit
        self._note("wrap-up", limit=limit)
        return ({"type": "text", "text": wrap_up(limit)},)

    async def _changed(self) -> str | None:
        name = await self._desk.snapshot()
        return None if name == self._course.snapshot else name

    async def _spendable(self) -> Decimal:
        return await self._room.journal.spendable(self._assignment.run)

    async def _warm(self) -> Callable[[], None]:
        prefix = self._transcript.prefix
        if self._course.turns or prefix is None:
            return lambda: None
        return await self._room.warmth.join((self._assignment.run, self._model, prefix))

    def _room_for_reply(self) -> int:
        """Return the output limit of the next request: a cut reply is followed by more room."""
        most = self._room.models.max_tokens
        return most * 2 if self._course.cuts else most

    def _seconds(self) -> float:
        return self._worked_before + self._room.watch.monotonic() - self._began

    def _entry(self, answer: Answer) -> LedgerEntry:
        now = self._room.watch.now()
        requests = requests_of(answer.message["usage"])
        return LedgerEntry(
            model=self._model,
            tokens=total(requests),
            cost_usd=self._room.prices.cost(self._model, requests, now),
            prices=self._room.prices.version,
            retries=answer.retries,
            latency_ms=answer.latency_ms,
            request_id=answer.request_id,
            at=now,
        )

    def _end(self, end: End) -> SessionEnd:
        course = self._course
        self._note("session ended", outcome=end.outcome)
        return SessionEnd(
            outcome=end.outcome,
            reason=end.reason,
            submission=course.accepted,
            turns=course.turns,
            cost_usd=course.usd,
            refusals=tuple(sentence for refusal in course.refusals for sentence in refusal),
        )

    def _note(self, what: str, **fields: object) -> None:
        _log.info(what, extra={**self._place(), **fields})

    def _place(self) -> dict[str, object]:
        return {"session": self._assignment.session, "turn": self._course.turns}
