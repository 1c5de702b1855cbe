"""The requests of one session: each asked, priced and recorded. It judges no reply."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from app.claude import compaction
from app.claude.account import Account
from app.claude.asking import Answer, Asking, headers_of
from app.claude.course import COMPACTION, Course
from app.claude.judging import End
from app.claude.keepalive import KeepAlive, most_beats
from app.claude.misses import Misses
from app.claude.models import Models
from app.claude.ports import Journal, Watch
from app.claude.prices import Prices, requests_of, total
from app.claude.retry import GaveUp
from app.claude.revising import Revising
from app.claude.tools import tool_list
from app.claude.transcript import Transcript
from app.claude.warmth import Warmth
from phases.core.allowance import Allowance
from phases.core.errors import Blocked, Later
from phases.core.model import StepOutcome
from phases.core.session import Assignment, Json, LedgerEntry, Opening

T = TypeVar("T")

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
    keep_alive: KeepAlive
    misses: Misses


@dataclass(frozen=True)
class Asked:
    """A reply that is on record, and what the run may use from here."""

    reply: Json
    allowance: Allowance


class Exchange:
    """What one session says to the model and hears from it, up to where `course` stands."""

    def __init__(self, room: Room, assignment: Assignment, course: Course) -> None:
        self._room = room
        self._assignment = assignment
        self._course = course
        self._model = room.models.of(assignment.tier)
        self._tools = tool_list(strict=self._model in room.models.strict)
        self.transcript = Transcript(self._model, assignment.prompt, self._tools)
        self._account = Account(
            room.journal, room.prices, room.watch, room.models, assignment, course
        )
        self._began = room.watch.monotonic()
        self._worked_before = 0.0
        self._not_summed_up = 0

    @property
    def seconds(self) -> float:
        """How long the session has worked, over all its lives."""
        return self._worked_before + self._room.watch.monotonic() - self._began

    def count_earlier_lives(self) -> None:
        """Count the work of earlier lives, once the rows have been taken."""
        self._worked_before = self._course.seconds

    async def begin(self) -> Allowance | None:
        """Take up how the session began, or settle that now: anew, or behind an earlier one.

        Return what the run may use when the session has no rows yet, having begun just now.
        """
        given, journal = self._assignment, self._room.journal
        revising = Revising(journal, self._room.models, self._model, self._tools)
        opening = await journal.opening(given.session)
        earlier = given.earlier if opening is None else opening.earlier
        past = await revising.past(earlier, given.prompt) if earlier else None
        allowance = None
        if opening is None:
            if past and not revising.pays(past, given.prompt, self._room.watch.now()):
                past = None
            opening = Opening(given.prompt.own, earlier if past else None)
            allowance = await journal.begin(given, opening)
        if past is not None:
            past.go_on(opening.own)
            self.transcript = past.transcript
            self._course.follow(past.course)
        elif opening.own != given.prompt.own:
            prompt = given.prompt.with_own(opening.own)
            self.transcript = Transcript(self._model, prompt, self._tools)
        return allowance

    def go_on_behind(self, reply: Json, results: tuple[Json, ...]) -> None:
        """Go on behind a reply that is answered so; a summary replaces what it sums up."""
        if reply["stop_reason"] == COMPACTION:
            self.transcript.begin_again(results)
            # What stood behind the prompt is gone on purpose: reading less is no miss.
            self._room.misses.forget(self._assignment.session)
        else:
            self.transcript.add_results(results)

    def digest(self, *, summary: bool) -> str:
        """Return the hash of what is asked next."""
        return self.transcript.sha256(
            compaction.SUMMARY_TOKENS if summary else self._room_for_reply()
        )

    def answer(self, reply: Json, results: tuple[Json, ...], snapshot: str | None) -> None:
        """Answer the last reply; that is on record with the next request, or by `close`."""
        self._account.hold(results, snapshot)
        self.go_on_behind(reply, results)

    async def close(self) -> None:
        """Put on record what was answered last."""
        await self._account.close()

    async def ask(self) -> Asked | End:
        """Ask for the next reply, or for a summary when the conversation has become long."""
        if self._should_compact():
            asked = await self._ask_for_summary()
            if asked is not None:
                return asked
        return await self._ask_for_reply()

    async def meanwhile(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the tools of a turn bring; what is cached is kept alive until then."""
        most = most_beats(self._course.cached, self._course.pinned or 0)
        return await self._room.keep_alive.during(work, self._touch, most)

    async def _ask_for_reply(self) -> Asked | End:
        most = self._room_for_reply()
        digest, body = self.transcript.sha256(most), self.transcript.body(most)
        release = await self._warm()
        try:
            await self._account.expect(body)
            answer = await self._room.asking.ask(
                body, self._headers(), release, self._account.expect_again
            )
        finally:
            release()
        if isinstance(answer, GaveUp):
            return await self._failed(answer)
        allowance = await self._record(answer, digest)
        self.transcript.add_reply(answer.message)
        self._look(body, answer.message)
        return Asked(answer.message, allowance)

    async def _ask_for_summary(self) -> Asked | End | None:
        """Ask for a summary; None when there is none to be had: then it goes on without."""
        instructions = compaction.instructions_for(self._assignment)
        body = self.transcript.body_for_summary(compaction.SUMMARY_TOKENS, instructions)
        headers = headers_of(
            self._assignment, compaction=True, replies_before=self.transcript.replies_before
        )
        await self._account.expect(body)
        answer = await self._room.asking.ask_at_once(body, headers, self._account.expect_again)
        if isinstance(answer, Answer) and compaction.is_summary(answer.message):
            self._not_summed_up = 0
            return Asked(answer.message, await self._record(answer, self.digest(summary=True)))
        if isinstance(answer, Answer):
            await self._account.pay(answer)
        else:
            end = await self._failed(answer)
            if answer.after_seconds is not None:
                return end
        self._not_summed_up = self._course.tokens
        _log.warning("no summary to be had", extra=self.place())
        return None

    async def _failed(self, gave_up: GaveUp) -> End:
        """Return the end of a session whose request failed; most faults only put it off."""
        fault = gave_up.fault
        if fault.refused:
            await self._account.drop()
        reason = f"The model API failed: {fault}"
        setback: Later | Blocked | None = None
        if gave_up.after_seconds is not None:
            setback = Later(reason, gave_up.after_seconds, gave_up.asked)
        elif fault.for_the_operator:
            who = "The operator has to look at key, credit and model settings."
            setback = Blocked(f"{reason}. {who}")
        return End(StepOutcome.INFRA_ERROR, reason, setback=setback)

    def _should_compact(self) -> bool:
        course, most = self._course, self._room.models.working_tokens
        due = compaction.is_due(course.tokens, course.read_again, most)
        grown = course.tokens >= compaction.GROWTH * self._not_summed_up
        return due and grown and course.wrapping is None

    async def _touch(self) -> bool:
        """Renew what is cached; say whether that went well."""
        counted: LedgerEntry | None = await self._account.expect_touch()
        answer = await self._room.asking.touch(self.transcript.body_before_reply(), self._headers())
        if isinstance(answer, Answer):
            counted = await self._account.pay(answer)
        elif answer.refused:
            await self._account.drop()
            counted = None
        if counted is not None:
            self._course.take_extra(counted.cost_usd)
        return isinstance(answer, Answer)

    async def _record(self, answer: Answer, digest: str) -> Allowance:
        allowance = await self._account.record(answer, digest, self.seconds)
        stop = answer.message["stop_reason"]
        _log.info("turn", extra={**self.place(), "stop_reason": stop, "retries": answer.retries})
        return allowance

    async def _warm(self) -> Callable[[], None]:
        prefix = self.transcript.prefix
        if self._course.rows or prefix is None:
            return lambda: None
        return await self._room.warmth.join((self._assignment.run, self._model, prefix))

    def _look(self, body: bytes, message: Json) -> None:
        """Compare with what was last sent in this session, and first in one of its fellows."""
        used = total(requests_of(message["usage"]))
        misses, place = self._room.misses, self.place()
        if self._course.rows == 1:
            fellows = (self._assignment.run, self._model, self.transcript.prefix)
            misses.look(fellows, body, used.read, used.read + used.written_1h, place)
        cached = used.read + used.written_5m + used.written_1h
        misses.look(self._assignment.session, body, used.read, cached, place)

    def _headers(self) -> dict[str, str]:
        before = self.transcript.replies_before
        return headers_of(self._assignment, compaction=False, replies_before=before)

    def _room_for_reply(self) -> int:
        """Return the output limit of the next request: a cut reply is followed by more room."""
        return self._room.models.room_for_reply(self._course.cuts)

    def place(self) -> dict[str, object]:
        """Return what a log line says of where it comes from."""
        return {"session": self._assignment.session, "turn": self._course.rows}
