"""A session loses its process at every write, before and after it, and goes on in a new one."""

from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from phases.core.allowance import Allowance
from phases.core.errors import DefectError
from phases.core.model import StepOutcome
from phases.core.session import Assignment, Json, LedgerEntry, Pending, Prompt, Results, SessionEnd
from phases.core.submission import Submission
from tests.app.claude.kit import LIMITS, PROMPT, assignment, stage, submit
from tests.app.claude.wire import Sent, Wire, by_turn, call, reply, text
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal


class PowerCutError(Exception):
    """The process is gone."""


@dataclass
class MortalJournal(FakeJournal):
    """Dies once, at write number `dies_at`: after it, or before when `early`."""

    dies_at: int = -1
    early: bool = False
    written: int = 0
    recorded: list[int] = field(default_factory=list)

    async def asks(
        self, assignment: Assignment, n: int, estimate: LedgerEntry, results: Results | None
    ) -> Pending:
        asked = super().asks(assignment, n, estimate, results)
        pending: Pending = await self._or_die(asked)
        return pending

    async def reply(
        self,
        assignment: Assignment,
        n: int,
        request_sha256: str,
        reply: Json,
        number: int,
        entry: LedgerEntry,
        seconds: float,
    ) -> Allowance:
        written = super().reply(assignment, n, request_sha256, reply, number, entry, seconds)
        allowance: Allowance = await self._or_die(written)
        return allowance

    async def results(self, assignment: Assignment, n: int, results: Results) -> None:
        await self._or_die(super().results(assignment, n, results))

    async def _or_die(self, write: Coroutine[Any, Any, Any]) -> Any:
        dies = self.written == self.dies_at
        self.written += 1
        if dies and self.early:
            write.close()
            raise PowerCutError
        written = await write
        if dies:
            raise PowerCutError
        return written


async def examine(given: Submission) -> tuple[str, ...]:
    """Send back what says so."""
    return ("R1 is not covered.",) if given.summary == "bad" else ()


REPLIES = (
    reply(text("I look."), call("grep", {"pattern": "x"}, "t0")),
    reply(
        call("bash", {"command": "append f 1"}, "t1a"),
        call("bash", {"command": "append g 1"}, "t1b"),
    ),
    reply(text("Cut"), stop="max_tokens"),
    reply(text("Am I done?")),
    reply(submit("t4", summary="bad")),
    reply(text("Wait"), stop="pause_turn"),
    reply(call("bash", {"command": "append f 2"}, "t6")),
    reply(submit("t6b", summary="bad")),
    reply(call("bash", {"command": "append f 3"}, "t7"), submit("t7b")),
)
WRITES = 2 * len(REPLIES) + 1
"""A request on the ledger with the results before it, a reply, and so on; at last the results."""


async def _held(journal: MortalJournal) -> tuple[SessionEnd, FakeDesk, list[Sent]]:
    """Hold the session in as many lives as it takes."""
    kept: dict[str, dict[str, str]] = {}
    async with stage(by_turn(*REPLIES), journal=journal) as at:
        while True:
            # The desk of a new life still has the files of the old one.
            desk = FakeDesk(kept, dict(at.desk.files))
            at.desk = desk
            try:
                return await at.converse(examine=examine), desk, at.server.sent
            except PowerCutError:
                continue


@pytest.mark.parametrize("early", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("write", range(WRITES))
async def test_a_session_cut_off_at_a_write_ends_as_if_it_had_not_been(
    write: int, *, early: bool
) -> None:
    undisturbed = await _held(MortalJournal(Decimal(15)))

    journal = MortalJournal(Decimal(15), dies_at=write, early=early)
    end, desk, sent = await _held(journal)

    replied = write % 2 == 1
    lost = early and replied
    unsent = not early and not replied and write < WRITES - 1
    assert replace(end, cost_usd=undisturbed[0].cost_usd) == undisturbed[0]
    assert desk.files == undisturbed[1].files == {"f": "123", "g": "1"}
    assert len(sent) == len(REPLIES) + lost
    assert [entry.answered for entry in journal.ledger].count(True) == len(REPLIES)
    assert [entry.answered for entry in journal.ledger].count(False) == lost + unsent
    assert end.cost_usd == sum(entry.cost_usd for entry in journal.ledger)


@pytest.mark.parametrize("write", range(WRITES - 2))
async def test_what_is_asked_after_a_restart_is_the_same_to_the_byte(
    write: int, caplog: pytest.LogCaptureFixture
) -> None:
    _, _, before = await _held(MortalJournal(Decimal(15)))

    _, _, after = await _held(MortalJournal(Decimal(15), dies_at=write))

    assert "differs" not in caplog.text
    assert [sent.body for sent in after] == [sent.body for sent in before]


async def test_a_request_that_differs_from_the_one_on_record_is_logged_and_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    changed = replace(assignment(), prompt=Prompt("Another constant.", PROMPT.blocks))

    async with stage(by_turn(*REPLIES), journal=MortalJournal(Decimal(15), dies_at=2)) as at:
        with pytest.raises(PowerCutError):
            await at.converse(examine=examine)
        end = await at.converse(changed, examine=examine)

    warnings = [record for record in caplog.records if "differs" in record.message]
    assert [record.__dict__["turn"] for record in warnings] == [0]
    assert end.outcome is StepOutcome.DONE


async def test_a_session_that_has_ended_is_ended_again_without_a_request() -> None:
    async with stage(by_turn(reply(submit()))) as at:
        first = await at.converse()
        second = await at.converse()

    assert first == second
    assert len(at.server.sent) == 1


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ([reply(text("No."), stop="refusal")], StepOutcome.REFUSED),
        ([reply(text("a")), reply(text("b")), reply(text("c"))], StepOutcome.NO_OUTPUT),
        ([reply(text("a"), stop="max_tokens")] * 2, StepOutcome.NO_OUTPUT),
        ([reply(submit(f"t{n}", summary="bad")) for n in range(3)], StepOutcome.NO_OUTPUT),
        ([reply(call("grep", {}, f"t{n}")) for n in range(3)], StepOutcome.NO_OUTPUT),
    ],
    ids=["refusal", "words", "cuts", "refused submissions", "turns"],
)
async def test_a_session_that_failed_fails_again_without_a_request(
    replies: list[Wire], outcome: StepOutcome
) -> None:
    given = assignment(limits=replace(LIMITS, turns=3))

    async with stage(by_turn(*replies)) as at:
        first = await at.converse(given, examine=examine)
        second = await at.converse(given, examine=examine)

    assert first.outcome is outcome
    assert first == second
    assert len(at.server.sent) == len(replies)


async def test_files_written_after_the_last_snapshot_are_put_back_before_tools_run_again() -> None:
    journal = MortalJournal(Decimal(15), dies_at=4, early=True)

    _, desk, _ = await _held(journal)

    assert desk.put_back == ["start"]


async def test_the_snapshot_of_the_last_row_that_has_one_is_restored() -> None:
    journal = MortalJournal(Decimal(15), dies_at=10)

    _, desk, _ = await _held(journal)

    (rows,) = journal.rows.values()
    assert desk.put_back == [rows[1].snapshot]


async def test_only_changes_are_kept_as_snapshots() -> None:
    journal = MortalJournal(Decimal(15))
    calls = [
        reply(call("bash", {"command": command}, f"t{n}"))
        for n, command in enumerate(["append f 1", "true", "append f 2"])
    ]

    async with stage(by_turn(*calls, reply(submit())), journal=journal) as at:
        await at.converse()

    (rows,) = journal.rows.values()
    assert [row.snapshot is not None for row in rows] == [True, False, True, False]


async def test_a_change_is_kept_though_the_last_call_of_its_turn_only_reads() -> None:
    calls = reply(call("bash", {"command": "append f 1"}), call("grep", {"pattern": "f"}))

    async with stage(by_turn(calls, reply(submit()))) as at:
        await at.converse()

    assert at.journal.rows[assignment().session][0].snapshot is not None


async def test_rows_with_a_gap_are_a_defect() -> None:
    async with stage(by_turn(reply(call("grep", {})), reply(submit()))) as at:
        await at.converse()
        rows = at.journal.rows[assignment().session]
        rows[0] = replace(rows[0], results=None)
        with pytest.raises(DefectError, match="gap at turn 0"):
            await at.converse()


async def test_what_an_examination_has_put_back_stays_put_back_after_a_restart() -> None:
    async def examine_and_put_back(_given: Submission) -> tuple[str, ...]:
        if desk.files.pop("outside", None) is None:
            return ()
        return ("`outside` was put back. Submit again without it.",)

    journal = MortalJournal(Decimal(15), dies_at=3)
    desk = FakeDesk()
    respond = by_turn(
        reply(call("bash", {"command": "append outside x"})),
        reply(submit("t1")),
        reply(submit("t2")),
    )

    async with stage(respond, journal=journal) as at:
        with pytest.raises(PowerCutError):
            await at.converse(desk=desk, examine=examine_and_put_back)
        end = await at.converse(desk=desk, examine=examine_and_put_back)

    assert end.outcome is StepOutcome.DONE
    assert len(end.refusals) == 1
    assert desk.files == {}
