"""Where a conversation stands, folded from its rows: the same live and after a restart.

It holds no messages and asks nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.claude.calls import Call, calls_of
from app.claude.limits import Cause, Used, asked_to_wrap_up, nudged_for
from app.claude.loops import Loops
from app.claude.prices import requests_of, total
from app.claude.submitting import sentences_of
from app.claude.tools import SUBMIT
from phases.core.session import Json, TurnRow
from phases.core.submission import Submission, parse

MEANT_AS_WHOLE = frozenset({"tool_use", "end_turn", "stop_sequence"})
"""Stop reasons of a reply that the model has ended itself."""


GO_ON = "The limit was lifted: go on with your work."
"""Ends a wrap-up whose reply had not come to its end when a person gave the run more room."""

COMPACTION = "compaction"
"""Stop reason of the reply to a request for a summary."""


@dataclass
class Course:
    """What counts of the rows so far; a compaction is a row and no turn.

    `prose` is how many replies called no tool, `cuts` how many in a row were cut. `wrapping` is
    what the model was asked to wrap up for; `last` says that the reply to that has come. `circle`
    is what the last turn repeated, `nudged` what was spoken about. `tokens` is how long the
    conversation was when it was last sent, its reply included, `cached` how much of it was cached
    then, `uncached` how much was not, `pinned` how much of that is cached for an hour (None: not
    known yet). `start` is how long it was when it began, or began again behind a summary,
    `read_again` how many tokens beyond that were sent since.
    """

    rows: int = 0
    turns: int = 0
    seconds: float = 0.0
    usd: Decimal = Decimal(0)
    last_usd: Decimal = Decimal(0)
    prose: int = 0
    cuts: int = 0
    refusals: list[tuple[str, ...]] = field(default_factory=list)
    accepted: Submission | None = None
    wrapping: Cause | None = None
    last: bool = False
    circle: Cause | None = None
    nudged: set[Cause] = field(default_factory=set)
    snapshot: str | None = None
    tokens: int = 0
    cached: int = 0
    uncached: int = 0
    pinned: int | None = None
    start: int = 0
    read_again: int = 0
    loops: Loops = field(default_factory=Loops)

    def follow(self, before: "Course") -> None:
        """Begin behind an earlier conversation.

        The first request reads it from the cache, but it is not kept there for an hour, and a
        summary would take its place.
        """
        self.pinned, self.start = before.pinned, before.start

    def take_row(self, row: TurnRow) -> None:
        """Go on by one recorded row."""
        self.take_reply(row.reply, row.cost_usd, row.seconds)
        if row.results is not None:
            self.take_results(row.reply, row.results, row.snapshot)
            self.take_words(row.results)

    def take_reply(self, reply: Json, usd: Decimal, seconds: float) -> None:
        """Go on by one reply, `seconds` of work after the session's start."""
        self.rows += 1
        self.seconds = seconds
        self.usd += usd
        self.last_usd = usd
        if reply["stop_reason"] == COMPACTION:
            self.tokens = self.start = self.read_again = 0
            return
        self.turns += 1
        self.last = self.wrapping is not None
        self.cuts = self.cuts + 1 if reply["stop_reason"] == "max_tokens" else 0
        if reply["stop_reason"] in MEANT_AS_WHOLE and not calls_of(reply):
            self.prose += 1
        used = total(requests_of(reply["usage"]))
        self.cached = used.written_5m + used.written_1h + used.read
        self.uncached = used.uncached
        sent = self.uncached + self.cached
        self.tokens = sent + used.output
        self.start = self.start or sent
        self.read_again += sent - self.start
        if self.pinned is None:
            self.pinned = self.cached - used.written_5m

    def take_extra(self, usd: Decimal) -> None:
        """Go on by a request that made no row."""
        self.usd += usd
        self.last_usd += usd

    def take_results(self, reply: Json, results: Sequence[Json], snapshot: str | None) -> None:
        """Go on by the results of that reply's calls."""
        self.circle = None
        if reply["stop_reason"] == COMPACTION:
            self.loops.forget_calls()
            return
        if snapshot is not None:
            self.snapshot = snapshot
            self.loops.forget_calls()
        answers = {r["tool_use_id"]: r for r in results if r["type"] == "tool_result"}
        for call in calls_of(reply):
            if call.id not in answers:
                continue
            if call.tool == SUBMIT:
                self._take_submission(call, answers[call.id])
            else:
                self.circle = self.loops.take(call, answers[call.id]) or self.circle
        circle = self.loops.end_turn(snapshot)
        self.circle = self.circle or circle

    def take_words(self, results: Sequence[Json]) -> None:
        """Go on by what was said beside the results."""
        for text in (block["text"] for block in results if block["type"] == "text"):
            if text == GO_ON:
                self.wrapping, self.last = None, False
            if cause := nudged_for(text):
                self.nudged.add(cause)
            self.wrapping = asked_to_wrap_up(text) or self.wrapping

    def used(self, seconds: float) -> Used:
        """Return what the limits look at, after so many seconds of work."""
        return Used(self.turns, seconds, self.usd, self.last_usd)

    def _take_submission(self, call: Call, answer: Json) -> None:
        if not answer.get("is_error"):
            self.accepted = parse(call.arguments)
        elif sentences := sentences_of(answer["content"]):
            self.refusals.append(sentences)
