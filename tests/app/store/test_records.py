from dataclasses import replace

import pytest

from app.store.database import Database
from app.store.outbox import StoredOutbox
from app.store.records import StoredRecords
from app.store.runs import Runs
from phases.core.errors import DefectError, StaleSegmentError
from phases.core.machine import RunState
from phases.core.model import Artifact, Base, Commit, Places, PullRequest, Run, StepOutcome
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.receipts import CheckKind
from phases.core.record import Performed
from phases.core.submission import Outcome, Submission
from phases.core.work import PhaseName, WorkName
from tests.app.store.story import running
from tests.fakes.outside import ManualClock, receipt
from tests.fakes.worktree import sha

NAME = WorkName(PhaseName.IMPLEMENTATION, "backend-developer", 1)
TITLE = "Build the back end"
COMMENT = Desired(f"artifact/{NAME}", OutwardKind.COMMENT, Place.PULL_REQUEST, "### made")


def performed(clock: ManualClock, outcome: StepOutcome, **fields: object) -> Performed:
    made = Performed(NAME, TITLE, 1, clock.now(), clock.now(), outcome, "because", "model-opus")
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.fixture
async def run(database: Database, runs: Runs) -> Run:
    return await running(database, runs)


async def test_what_was_recorded_of_a_step_comes_back_as_it_was(
    records: StoredRecords, run: Run, clock: ManualClock
) -> None:
    commit = Commit(sha("c"), sha("t"), "feat: it", ("back/a.py",), 3, 1)
    step = performed(
        clock,
        StepOutcome.DONE,
        artifact=Artifact("backend-implementation.md", "## What changed", "f" * 64),
        submission=Submission(Outcome.DONE, "## What changed", "it is built"),
        commit=commit,
        receipts=(receipt(commit.sha, CheckKind.TESTS, "one is wrong", passed=3, failed=1),),
        facts=(("environment", "e1"),),
    )

    await records.begin(run, NAME, TITLE)
    await records.finish(run, step, (COMMENT,))

    record = await records.record(run.id)
    found = record.find(NAME)
    assert found is not None
    # When it began and ended is put behind all that was on record before it.
    assert found.ended_at is not None
    assert found.ended_at > found.started_at
    assert replace(found, started_at=step.started_at, ended_at=step.ended_at) == step
    assert record.run.head == commit.sha
    assert record.commits == ((found, commit),)


async def test_the_runs_own_fields_come_back_as_they_were(records: StoredRecords, run: Run) -> None:
    amended = replace(
        run,
        base=Base(sha("base"), "main", Places(backend=("/b/",), tests=("/t/",))),
        branch="phaseline/3-x",
        head=sha("head"),
        pull_request=PullRequest(8, "PR_8", "https://forge.invalid/pull/8", True),
    )

    await records.amend(amended)

    assert (await records.record(run.id)).run == amended


async def test_work_in_progress_is_continued_and_failed_work_is_attempted_anew(
    records: StoredRecords, run: Run, clock: ManualClock
) -> None:
    first = await records.begin(run, NAME, TITLE)
    after_a_crash = await records.begin(run, NAME, TITLE)
    await records.finish(run, performed(clock, StepOutcome.NO_OUTPUT), ())
    second = await records.begin(run, NAME, TITLE)

    assert (first, after_a_crash, second) == (1, 1, 2)


async def test_settled_work_cannot_be_begun_again(
    records: StoredRecords, run: Run, clock: ManualClock
) -> None:
    await records.begin(run, NAME, TITLE)
    await records.finish(run, performed(clock, StepOutcome.DONE), ())

    with pytest.raises(DefectError, match="is settled"):
        await records.begin(run, NAME, TITLE)


async def test_every_write_of_a_segment_that_was_left_behind_is_refused_and_leaves_no_trace(
    records: StoredRecords, runs: Runs, run: Run, clock: ManualClock, database: Database
) -> None:
    await records.begin(run, NAME, TITLE)
    before = await records.record(run.id)
    await runs.renew(run.id, run.segment)

    for write in (
        records.amend(replace(run, branch="phaseline/other")),
        records.enter(run, PhaseName.QA),
        records.pass_gate(run, PhaseName.QA),
        records.begin(run, NAME, TITLE),
        records.note(run, NAME, "late"),
        records.finish(run, performed(clock, StepOutcome.DONE), (COMMENT,)),
    ):
        with pytest.raises(StaleSegmentError):
            await write

    after = await records.record(run.id)
    assert replace(after, run=replace(after.run, segment=1)) == before
    assert [item.desired.key for item in await StoredOutbox(database, clock).due(9)] == ["eyes"]


async def test_the_same_note_is_kept_once(records: StoredRecords, run: Run) -> None:
    await records.begin(run, NAME, TITLE)

    for _ in range(2):
        await records.note(run, NAME, "Sent back: no heading")
        await records.note(run, None, "The base branch moved.")

    record = await records.record(run.id)
    found = record.find(NAME)
    assert found is not None
    assert [note.text for note in found.notes] == ["Sent back: no heading"]
    assert [note.text for note in record.notes] == ["The base branch moved."]


async def test_a_phase_is_entered_and_passed_once(records: StoredRecords, run: Run) -> None:
    await records.enter(run, PhaseName.PLANNING)
    await records.pass_gate(run, PhaseName.PLANNING)
    first = (await records.record(run.id)).passage(PhaseName.PLANNING)
    await records.enter(run, PhaseName.PLANNING)
    await records.pass_gate(run, PhaseName.PLANNING)

    assert (await records.record(run.id)).passage(PhaseName.PLANNING) == first
    assert first is not None
    assert first.passed_at is not None


async def test_a_comment_waits_for_its_pull_request_and_is_due_until_it_was_sent(
    records: StoredRecords, run: Run, clock: ManualClock, database: Database
) -> None:
    outbox = StoredOutbox(database, clock)
    await records.begin(run, NAME, TITLE)
    await records.finish(run, performed(clock, StepOutcome.DONE), (COMMENT,))
    without = [item.desired.key for item in await outbox.due(9)]
    pull_request = PullRequest(8, "PR_8", "https://forge.invalid/pull/8", True)
    await records.amend(replace(run, pull_request=pull_request))

    for item in await outbox.due(9):
        assert not await records.outbox_is_empty(run.id)
        await outbox.attempted(item)
        url = f"https://forge.invalid/{item.number}"
        await outbox.sent(item, 1, url, item.desired.text_sha256, None)

    assert without == ["eyes"]
    assert await outbox.due(9) == ()
    assert await records.outbox_is_empty(run.id)


async def test_a_tracker_is_shown_at_most_every_five_seconds_while_the_run_runs(
    records: StoredRecords, runs: Runs, run: Run, clock: ManualClock, database: Database
) -> None:
    outbox = StoredOutbox(database, clock)
    for item in await outbox.due(9):
        await outbox.sent(item, 1, "https://forge.invalid/eyes", item.desired.text_sha256, None)
    ((_, touched),) = await outbox.unseen()
    await outbox.show(run.id, touched, "first")
    (tracker,) = await outbox.due(9)
    await outbox.sent(
        tracker, 2, "https://forge.invalid/tracker", tracker.desired.text_sha256, None
    )
    await outbox.show(run.id, touched, "second")

    at_once = await outbox.due(9)
    await clock.sleep(5)
    later = await outbox.due(9)
    await outbox.show(run.id, touched, "third")
    await outbox.sent(
        later[0], 2, "https://forge.invalid/tracker", later[0].desired.text_sha256, None
    )
    await outbox.show(run.id, touched, "last words")
    await runs.stop(run, RunState.READY, "", None, ())
    stopped = await outbox.due(9)

    assert at_once == ()
    assert [item.desired.text for item in later] == ["second"]
    assert [item.desired.text for item in stopped] == ["last words"]


@pytest.mark.parametrize("state", [RunState.BLOCKED, RunState.READY, RunState.FAILED])
async def test_a_tracker_shows_the_end_of_a_run_at_once_and_what_comes_later_in_its_time(
    runs: Runs, run: Run, clock: ManualClock, database: Database, state: RunState
) -> None:
    outbox = StoredOutbox(database, clock)

    async def shown(text: str) -> list[str]:
        await outbox.show(run.id, touched, text)
        items = [item for item in await outbox.due(9) if item.desired.key == "tracker"]
        for item in items:
            await outbox.sent(item, 2, "https://forge.invalid/2", item.desired.text_sha256, None)
        return [item.desired.text for item in items]

    ((_, touched),) = await outbox.unseen()
    at_work = [await shown("at work"), await shown("still at work")]
    await runs.stop(run, state, "", None, ())
    at_its_end = await shown("the end")
    with_a_link = await shown("the end, with a link")
    a_moment_later = await shown("a note")
    await clock.sleep(5)

    assert at_work == [["at work"], []]
    assert at_its_end == ["the end"]
    assert (with_a_link, a_moment_later) == ([], [])
    assert await shown("a note") == ["a note"]


async def test_a_tracker_is_shown_at_once_when_a_phase_has_ended(
    records: StoredRecords, run: Run, clock: ManualClock, database: Database
) -> None:
    outbox = StoredOutbox(database, clock)
    for item in await outbox.due(9):
        await outbox.sent(item, 1, "https://forge.invalid/eyes", item.desired.text_sha256, None)
    await records.enter(run, PhaseName.PLANNING)
    ((_, touched),) = await outbox.unseen()
    await outbox.show(run.id, touched, "in the midst of planning")
    (tracker,) = await outbox.due(9)
    url = "https://forge.invalid/tracker"
    await outbox.sent(tracker, 2, url, tracker.desired.text_sha256, None)
    await outbox.show(run.id, touched, "still planning")

    within = await outbox.due(9)
    await records.pass_gate(run, PhaseName.PLANNING)
    await outbox.show(run.id, touched, "planning is over")
    at_its_end = await outbox.due(9)

    assert within == ()
    assert [item.desired.text for item in at_its_end] == ["planning is over"]


async def test_what_an_installation_has_to_wait_with_fills_no_room_of_others(
    run: Run, clock: ManualClock, database: Database
) -> None:
    outbox = StoredOutbox(database, clock)

    assert len(await outbox.due(1)) == 1
    assert await outbox.due(1, besides=frozenset({run.repository.installation})) == ()
    assert len(await outbox.due(1, besides=frozenset({run.repository.installation + 1}))) == 1
