"""Where a conversation stands, folded from its rows: the same live and after a restart.

It holds no messages and asks nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.claude.dispatch import Call, calls_of
from app.claude.limits import Limit, Used, asked_to_wrap_up
from app.claude.submitting import sentences_of
from app.claude.tools import SUBMIT
from phases.core.session import Json, TurnRow
from phases.core.submission import Submission, parse

MEANT_AS_WHOLE = frozenset({"tool_use", "end_turn", "stop_sequence"})
"""Stop reasons of a reply that the model has ended itself."""


@dataclass
class Course:
    """What counts of the turns so far.

    `prose` is how many replies called no tool, `cuts` how many in a row were cut. `wrapping` is the
    limit that the model was asked to wrap up for; `last` says that the reply to that has come.
    """

    turns: int = 0
    seconds: float = 0.0
    usd: Decimal = Decimal(0)
    last_usd: Decimal = Decimal(0)
    prose: int = 0
    cuts: int = 0
    refusals: list[tuple[str, ...]] = field(default_factory=list)
    accepted: Submission | None = None
    wrapping: Limit | None = None
    last: bool = False
    snapshot: str | None = None

    def take_row(self, row: TurnRow) -> None:
        """Go on by one recorded turn."""
        self.take_reply(row.reply, row.cost_usd, row.seconds)
        if row.results is not None:
            self.take_results(row.reply, row.results, row.snapshot)

    def take_reply(self, reply: Json, usd: Decimal, seconds: float) -> None:
        """Go on by one reply, `seconds` of work after the session's start."""
        self.turns += 1
        self.seconds = seconds
        self.usd += usd
        self.last_usd = usd
        self.last = self.wrapping is not None
        self.cuts = self.cuts + 1 if reply["stop_reason"] == "max_tokens" else 0
        if reply["stop_reason"] in MEANT_AS_WHOLE and not calls_of(reply):
            self.prose += 1

    def take_results(self, reply: Json, results: Sequence[Json], snapshot: str | None) -> None:
        """Go on by what answered that reply."""
        self.snapshot = snapshot or self.snapshot
        answers = {r["tool_use_id"]: r for r in results if r["type"] == "tool_result"}
        for call in calls_of(reply):
            if call.tool == SUBMIT and call.id in answers:
                self._take_submission(call, answers[call.id])
        for block in results:
            if block["type"] == "text":
                self.wrapping = asked_to_wrap_up(block["text"]) or self.wrapping

    def used(self) -> Used:
        """Return what the limits look at."""
        return Used(self.turns, self.seconds, self.usd, self.last_usd)

    def _take_submission(self, call: Call, answer: Json) -> None:
        if not answer.get("is_error"):
            self.accepted = parse(call.arguments)
        elif sentences := sentences_of(answer["content"]):
            self.refusals.append(sentences)
