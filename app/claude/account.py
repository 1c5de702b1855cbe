"""Puts each request of a session on the ledger before it is sent, and its price behind its answer.

What a request has cost whose answer never came cannot be known: who dies, or loses the answer,
leaves an estimate. It sends nothing.
"""

from decimal import Decimal

from app.claude.asking import Answer
from app.claude.course import Course
from app.claude.models import Models
from app.claude.ports import Journal, Watch
from app.claude.prices import NOTHING, Prices, requests_of, total
from phases.core.allowance import Allowance
from phases.core.session import Assignment, Json, LedgerEntry, Pending, Results, Tokens

REPLY_TOKENS = 4_000
"""What a reply counts with until it has come: more than nearly every one has."""

CHARACTERS_A_TOKEN = 3
"""Few, so that what is sent is rather counted with too many tokens than with too few."""


class Account:
    """The ledger of one session, and the rows that are written in one transaction with it."""

    def __init__(
        self,
        journal: Journal,
        prices: Prices,
        watch: Watch,
        models: Models,
        assignment: Assignment,
        course: Course,
    ) -> None:
        self._journal = journal
        self._prices = prices
        self._watch = watch
        self._assignment = assignment
        self._model = models.of(assignment.tier)
        self._course = course
        self._rates = prices.rates(self._model, watch.now())
        self._results: Results | None = None
        self._pending = Pending(0, Decimal(0))
        self._tokens = NOTHING

    def hold(self, results: tuple[Json, ...], snapshot: str | None) -> None:
        """Hold the results of the last row back, to be written with the request that follows."""
        self._results = Results(results, snapshot)

    async def close(self) -> None:
        """Write the results that are held back: no request follows them."""
        if self._results is not None:
            row = self._course.rows - 1
            await self._journal.results(self._assignment, row, self._results)
            self._results = None

    async def expect(self, body: bytes) -> None:
        """Put the request for the next row on the ledger, and the results before it on record.

        What is kept for an hour was read, or is by the first request; all else counts as written.
        """
        sent, pinned = len(body) // CHARACTERS_A_TOKEN + 1, self._course.pinned
        if pinned is None:
            self._tokens = Tokens(0, 0, sent, 0, REPLY_TOKENS)
        else:
            read = min(pinned, sent)
            self._tokens = Tokens(0, sent - read, 0, read, REPLY_TOKENS)
        await self.expect_again()

    async def expect_again(self) -> None:
        """Put the same request on the ledger once more: its answer was lost, it is sent again."""
        estimate = self._estimate(self._tokens)
        row, results = self._course.rows, self._results
        self._pending = await self._journal.asks(self._assignment, row, estimate, results)
        self._results = None

    async def drop(self) -> None:
        """Take the request off the ledger: it was refused, so that nothing of it is paid."""
        await self._journal.settle(self._assignment, self._pending.number, None)

    async def pay(self, answer: Answer) -> LedgerEntry:
        """Put the price of an answer that makes no row in the place of its estimate."""
        entry = self._price(answer)
        await self._journal.settle(self._assignment, self._pending.number, entry)
        return entry

    async def record(self, answer: Answer, digest: str, seconds: float) -> Allowance:
        """Add the row of an answer, and its price in the place of its estimate."""
        pending, entry = self._pending, self._price(answer)
        allowance = await self._journal.reply(
            self._assignment,
            self._course.rows,
            digest,
            answer.message,
            pending.number,
            entry,
            seconds,
        )
        self._course.take_reply(answer.message, pending.before_usd + entry.cost_usd, seconds)
        return allowance

    async def expect_touch(self) -> LedgerEntry:
        """Put a keep-alive on the ledger: it reads what the last request has left in the cache."""
        course = self._course
        estimate = self._estimate(Tokens(course.uncached, 0, 0, course.cached, 0))
        row = course.rows - 1
        self._pending = await self._journal.asks(self._assignment, row, estimate, None)
        return estimate

    def _price(self, answer: Answer) -> LedgerEntry:
        now = self._watch.now()
        requests = requests_of(answer.message["usage"])
        return LedgerEntry(
            model=self._model,
            iterations=len(requests),
            tokens=total(requests),
            cost_usd=self._prices.cost(self._model, requests, now),
            prices=self._prices.version,
            retries=answer.retries,
            latency_ms=answer.latency_ms,
            request_id=answer.request_id,
            answered=True,
            at=now,
        )

    def _estimate(self, tokens: Tokens) -> LedgerEntry:
        counts = vars(tokens)
        return LedgerEntry(
            model=self._model,
            iterations=1,
            tokens=tokens,
            cost_usd=sum((rate * counts[kind] for kind, rate in self._rates.items()), Decimal(0)),
            prices=self._prices.version,
            retries=0,
            latency_ms=0,
            request_id="",
            answered=False,
            at=self._watch.now(),
        )
