"""Whole runs through the pipeline, with the outside played by fakes."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.store.outbox import StoredOutbox
from app.store.tables import OutwardRow
from phases.core.errors import Blocked, Later
from phases.core.machine import RunState
from phases.core.model import Places, StepOutcome
from phases.core.receipts import CheckKind, CheckStatus, Receipt
from phases.core.session import SessionEnd
from phases.core.submission import (
    Diagnosis,
    Finding,
    Outcome,
    Review,
    Severity,
    Side,
    Verdict,
    Widening,
)
from phases.core.taking_up import left_to
from phases.core.work import PhaseName, WorkName
from phases.engine import Stop
from tests.fakes.outside import Play, Turn, green, receipt, sha
from tests.phases.play import objecting, revised, standard_play
from tests.phases.world import NOTICE, World, world


@asynccontextmanager
async def driven(directory: Path, play: Play) -> AsyncIterator[tuple[World, Stop]]:
    """Drive a run whose outbox is sent as soon as something is in it."""
    async with world(directory, play) as it:
        stop = await drive(it)
        yield it, stop


async def drive(it: World) -> Stop:
    outbox = StoredOutbox(it.database, it.clock)

    async def send() -> None:
        while True:
            for item in await outbox.due(50):
                await outbox.sent(
                    item,
                    item.id,
                    f"https://forge.invalid/{item.id}",
                    item.desired.text_sha256,
                    None,
                )
            await asyncio.sleep(0)

    sending = asyncio.create_task(send())
    try:
        return await it.drive()
    finally:
        sending.cancel()


async def test_a_labelled_issue_becomes_a_pull_request_that_is_ready(tmp_path: Path) -> None:
    async with driven(tmp_path, standard_play()) as (it, stop):
        record = await it.record()

        assert stop == Stop(RunState.READY)
        assert all(record.passed(phase) for phase in PhaseName)
        assert record.run.pull_request is not None
        assert not record.run.pull_request.draft
        assert it.workspaces.pushed == [commit.sha for _, commit in record.commits]
        assert record.run.head == it.workspaces.pushed[-1]
        assert it.forge.flips == 1


async def test_each_commit_gets_a_check_run_that_the_next_commit_or_the_checks_end(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, standard_play()) as (it, _):
        checked, pushed = set(it.workspaces.checked), it.workspaces.pushed

        wanted = {sha: "success" if sha in checked else "neutral" for sha in pushed}
        assert "neutral" in wanted.values()
        assert await it.check_runs() == wanted


async def test_the_check_run_of_a_commit_is_in_progress_until_its_run_is_blocked(
    tmp_path: Path,
) -> None:
    play = standard_play()
    limit = Blocked("The run has used up its money.")
    play["implementation/code-optimizer/1"] = [Later("The model API failed.", 300.0), limit]
    async with driven(tmp_path, play) as (it, waiting):
        at_work = await it.check_runs()
        await it.retry()
        blocked = await drive(it)

        (built,) = it.workspaces.pushed
        assert (waiting.state, blocked.state) == (RunState.WAITING, RunState.BLOCKED)
        assert at_work == {built: None}
        assert await it.check_runs() == {built: "action_required"}


async def test_the_operators_notice_stands_in_every_artifact_and_in_the_pull_request(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, standard_play()) as (it, _):
        made = sa.select(OutwardRow.text).where(OutwardRow.key.startswith("artifact/"))
        texts = await it.database.read(lambda connection: list(connection.scalars(made)))

        (_, body) = it.forge.descriptions[-1]
        assert len(texts) > 10
        assert all(f"\n\n<sub>{NOTICE}</sub>\n\n" in text[:200] for text in texts)
        assert f"<sub>{NOTICE}</sub>" in body


async def test_a_host_without_a_cage_is_named_in_the_tracker(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.cage_warning = "Agents run without a cage on this host."

        await drive(it)

        assert (await it.tracker()).count("Agents run without a cage on this host.") == 1


async def test_the_planners_work_at_the_same_time(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.sessions.meeting = {"planning/architect/1", "planning/test-writer/1"}

        stop = await drive(it)

        assert stop.state is RunState.READY


async def test_a_side_that_the_spec_does_not_name_is_skipped_with_the_reason(
    tmp_path: Path,
) -> None:
    async with driven(tmp_path, standard_play()) as (it, _):
        skipped = await it.work("implementation/frontend-developer/1")

        assert skipped.outcome is StepOutcome.SKIPPED
        assert "does not touch the frontend side" in skipped.reason
        assert "does not touch the frontend side" in await it.tracker()


async def test_a_side_that_the_repository_lacks_is_skipped_with_the_reason(tmp_path: Path) -> None:
    play = standard_play()
    spec = play["initialization/project-manager/1"][0]
    play["initialization/project-manager/1"] = [
        revised(spec, sides=(Side.BACKEND, Side.FRONTEND, Side.DOCS))
    ]
    async with world(tmp_path, play) as it:
        it.workspaces.places = Places(
            backend=("/back/",), docs=("*.md", "/docs/"), tests=("/tests/",)
        )

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert "has no frontend side" in (await it.work("planning/ui-designer/1")).reason


async def test_a_plan_that_is_sent_back_is_revised_and_reviewed_again(tmp_path: Path) -> None:
    play = standard_play()
    play |= returned_once(play)

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        assert (await it.names(PhaseName.PLANNING))[-3:] == [
            "product-manager/1",
            "architect/2",
            "product-manager/2",
        ]


def returned_once(play: Play) -> dict[str, list[Turn | StepOutcome]]:
    approval = play["planning/product-manager/1"][0]
    plan = play["planning/architect/1"][0]
    assert isinstance(approval, Turn)
    assert isinstance(plan, Turn)
    reviews = tuple(
        Review(r.artifact, Verdict.CHANGES_REQUESTED, "say more")
        if r.artifact == "system-plan.md"
        else r
        for r in approval.submission.reviews or ()
    )
    changed = plan.submission.artifact.replace("would notice", "would notice it at once")
    return {
        "planning/product-manager/1": [
            revised(approval, verdict=Verdict.CHANGES_REQUESTED, reviews=reviews)
        ],
        "planning/architect/2": [plan, revised(plan, artifact=changed)],
        "planning/product-manager/2": [approval],
    }


async def test_a_revision_may_go_on_with_the_conversation_that_made_what_it_revises(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= returned_once(play)
    async with world(tmp_path, play) as it:
        await drive(it)

        given = {str(one.name): one for one in it.sessions.assignments}
        first = given["planning/architect/1"]
        reviewed = given["planning/product-manager/1"].session
        assert {name: one.earlier for name, one in given.items() if one.earlier} == {
            "planning/architect/2": first.session,
            "planning/product-manager/2": reviewed,
        }


async def test_a_revision_that_changes_nothing_is_sent_back(tmp_path: Path) -> None:
    play = standard_play()
    play |= returned_once(play)

    async with driven(tmp_path, play) as (it, _):
        (sentence,) = it.sessions.sent_back["planning/architect/2"]
        assert "identical" in sentence


async def test_a_planner_that_writes_a_class_is_sent_back_and_the_tracker_says_so(
    tmp_path: Path,
) -> None:
    play = standard_play()
    plan = play["planning/architect/1"][0]
    with_code = plan.submission.artifact + "\n```python\nclass Duration:\n    seconds: int\n```\n"
    play["planning/architect/1"] = [revised(plan, artifact=with_code), plan]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        assert "class Duration" in " ".join(it.sessions.sent_back["planning/architect/1"])
        assert "Sent back" in await it.tracker()


async def test_an_edit_outside_the_scope_is_put_back_and_the_tracker_says_so(
    tmp_path: Path,
) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"][0]
    astray = replace(build, writes=(*build.writes, "tests/test_parsing.py", "front/a.ts"))
    play["implementation/backend-developer/1"] = [astray, build]

    async with driven(tmp_path, play) as (it, stop):
        record = await it.record()
        committed = {path for _, commit in record.commits[:1] for path in commit.files}

        assert stop.state is RunState.READY
        assert not committed & {"tests/test_parsing.py", "front/a.ts"}
        assert "was put back" in await it.tracker()


async def test_a_file_that_is_nobodys_is_opened_to_a_developer_who_asks_for_it(
    tmp_path: Path,
) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"][0]
    asking = revised(build, widen=(Widening("shared/money.json", "both sides read it"),))
    writing = replace(asking, writes=("shared/money.json",))
    play["implementation/backend-developer/1"] = [asking, writing]

    async with driven(tmp_path, play) as (it, stop):
        work = await it.work("implementation/backend-developer/1")
        (told,) = it.sessions.sent_back["implementation/backend-developer/1"]

        assert stop.state is RunState.READY
        assert "`shared/money.json` is open to you while `widen` names it" in told
        assert work.commit is not None
        assert "shared/money.json" in work.commit.files
        assert work.notes[0].text == (
            "Asked to change shared/money.json (both sides read it): granted."
        )


async def test_a_file_of_the_other_side_is_refused_once_and_put_back_as_ever(
    tmp_path: Path,
) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"][0]
    asking = revised(build, widen=(Widening("front/a.ts", "quicker"),))
    astray = replace(asking, writes=("front/a.ts",))
    play["implementation/backend-developer/1"] = [asking, astray, replace(asking, writes=())]

    async with driven(tmp_path, play) as (it, stop):
        work = await it.work("implementation/backend-developer/1")
        first, second = it.sessions.sent_back["implementation/backend-developer/1"]

        assert stop.state is RunState.READY
        assert "`front/a.ts` stays closed to you: it belongs to another side" in first
        assert "`front/a.ts` was put back" in second
        assert "refused, it belongs to another side" in work.notes[0].text
        assert work.commit is not None
        assert "front/a.ts" not in work.commit.files


async def test_an_agent_that_writes_nothing_and_asks_for_more_is_noted_and_taken(
    tmp_path: Path,
) -> None:
    play = standard_play()
    review = play["qa/code-reviewer/1"][0]
    play["qa/code-reviewer/1"] = [revised(review, widen=(Widening("back/a.py", "a typo"),))]

    async with driven(tmp_path, play) as (it, stop):
        work = await it.work("qa/code-reviewer/1")

        assert stop.state is RunState.READY
        assert "refused, your scope is your task" in work.notes[0].text


@pytest.mark.parametrize(
    "path", [".github/workflows/ci.yml", ".GitHub/Workflows/ci.yml", "back/CLAUDE.md", "CODEOWNERS"]
)
async def test_a_path_on_the_never_list_is_put_back_even_for_who_may_write_everything(
    tmp_path: Path, path: str
) -> None:
    play = standard_play()
    quality = play["qa/quality-checker/1"][0]
    play["qa/quality-checker/1"] = [replace(quality, writes=(path,)), quality]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        assert any(path in worktree.restored for worktree in it.workspaces.opened)


async def test_a_guarded_file_that_no_plan_names_is_put_back(tmp_path: Path) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"][0]
    play["implementation/backend-developer/1"] = [
        replace(build, writes=(*build.writes, "back/pyproject.toml")),
        build,
    ]

    async with driven(tmp_path, play) as (it, _):
        told = " ".join(it.sessions.sent_back["implementation/backend-developer/1"])
        assert "the reviewed plan does not name it" in told


async def test_a_developer_that_changed_nothing_is_not_done(tmp_path: Path) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"][0]
    play["implementation/backend-developer/1"] = [replace(build, writes=()), build]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        assert "nothing to commit" in it.sessions.sent_back["implementation/backend-developer/1"][0]


@pytest.mark.parametrize("outcome", [StepOutcome.NO_OUTPUT, StepOutcome.REFUSED])
async def test_an_agent_that_does_not_deliver_is_tried_once_more_a_tier_up(
    tmp_path: Path, outcome: StepOutcome
) -> None:
    play = standard_play()
    play["planning/architect/1"] = [outcome, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, stop):
        tiers = [a.tier for a in it.sessions.assignments if a.agent.name == "architect"]

        assert stop.state is RunState.READY
        assert tiers == ["sonnet", "opus"]
        assert (await it.work("planning/architect/1")).attempt == 2


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [
        (StepOutcome.NO_OUTPUT, True),
        (StepOutcome.TIMED_OUT, True),
        (StepOutcome.INFRA_ERROR, False),
    ],
)
async def test_what_an_attempt_had_changed_when_a_limit_ended_it_is_where_the_next_begins(
    tmp_path: Path, outcome: StepOutcome, *, kept: bool
) -> None:
    name = "implementation/backend-developer/1"
    play = standard_play()
    failed = SessionEnd(outcome, "round in circles", None, 3, Decimal(1), snapshot="back/left.py")
    play[name] = [failed, *play[name]]

    async with driven(tmp_path, play) as (it, stop):
        work = await it.work(name)
        asked = [a.prompt.own[-1] for a in it.sessions.assignments if str(a.name) == name]

        assert stop.state is RunState.READY
        assert work.commit is not None
        assert ("back/left.py" in work.commit.files) is kept
        assert ["holds what that attempt has changed" in text for text in asked] == [False, kept]


async def test_files_that_an_attempt_left_are_not_put_over_what_people_have_pushed_since(
    tmp_path: Path,
) -> None:
    name = "implementation/backend-developer/1"
    failed = SessionEnd(StepOutcome.NO_OUTPUT, "no", None, 3, Decimal(1), snapshot="back/left.py")

    async with driven(tmp_path, standard_play() | {name: [failed, failed]}) as (it, stop):
        record = await it.record()
        moved = replace(record, run=replace(record.run, head=sha("theirs")))

        assert stop.state is RunState.BLOCKED
        assert left_to(record, WorkName.parse(name)) == "back/left.py"
        assert left_to(moved, WorkName.parse(name)) is None


async def test_a_planner_that_fails_twice_blocks_the_run_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    play = standard_play()
    good = play["planning/architect/1"]
    play["planning/architect/1"] = [StepOutcome.NO_OUTPUT, StepOutcome.TIMED_OUT]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.BLOCKED
        assert "architect did not deliver system-plan.md" in stop.reason
        assert (await it.work("planning/test-writer/1")).accepted
        assert (await it.work("planning/baseline/1")).accepted

        it.sessions.play["planning/architect/1"] = list(good)
        await it.retry()
        asked_before = len(it.sessions.assignments)
        again = await drive(it)

        assert again.state is RunState.READY
        assert it.sessions.assignments[asked_before].agent.name == "architect"


async def test_an_agent_that_asks_a_person_blocks_the_run_with_its_question(tmp_path: Path) -> None:
    play = standard_play()
    spec = play["initialization/project-manager/1"][0]
    question = revised(
        spec, outcome=Outcome.BLOCKED, summary="Two readings.", questions=("Which of the two?",)
    )
    play["initialization/project-manager/1"] = [question]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.BLOCKED
        assert "Which of the two?" in stop.reason
        tracker = await it.tracker()
        assert "Which of the two?" in tracker
        assert "/phaseline retry" in tracker


def red_until(count: int, *messages: str) -> object:
    """Return verdicts that are red on the head until checks were run that often."""

    def verdicts(commit: str, times: int) -> tuple[Receipt, ...]:
        if times == 1 or times > count:
            return green(commit, times)
        return (receipt(commit, CheckKind.TESTS, *messages), *green(commit, times)[:3])

    return verdicts


def repair(play: Play) -> dict[str, list[Turn | StepOutcome]]:
    """Return a diagnosis for the back end, and its repair, as often as rounds allow."""
    build = play["implementation/backend-developer/1"][0]
    assert isinstance(build, Turn)
    entry = Diagnosis("one is wrong", "off by one", "back/a.py", 3, "backend-developer", "add one")
    text = (
        "## Summary\n\nOff by one.\n\n## Reproduction\n\nRun it.\n\n## Root cause\n\n"
        "back/a.py:3\n\n## Fix\n\nAdd one.\n\n## Owner\n\nbackend-developer\n"
    )
    diagnosed = revised(
        build, artifact=text, diagnosis=(entry,), commit=None, interfaces=None, summary="found"
    )
    parts: dict[str, list[Turn | StepOutcome]] = {}
    for n in (1, 2, 3):
        parts[f"qa/debugger/{n}"] = [replace(diagnosed, writes=())]
        parts[f"qa/backend-developer/{n}"] = [build]
    return parts


async def test_a_new_failure_is_diagnosed_mended_by_its_owner_and_checked_again(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= repair(play)
    async with world(tmp_path, play) as it:
        it.workspaces.verdicts = red_until(2, "one is wrong")  # type: ignore[assignment]

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert (await it.names(PhaseName.QA))[:5] == [
            "test-writer/1",
            "checks/1",
            "debugger/1",
            "backend-developer/1",
            "checks/2",
        ]


async def test_a_test_that_never_gets_green_blocks_the_run_after_three_rounds(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= repair(play)
    async with world(tmp_path, play) as it:
        it.workspaces.verdicts = red_until(99, "one is wrong")  # type: ignore[assignment]

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert "still red after 3 rounds" in stop.reason
        assert "one is wrong" in stop.reason
        assert it.forge.flips == 0
        assert (await it.names(PhaseName.QA)).count("checks/4") == 1


async def test_a_failure_that_the_baseline_had_is_nobodys_fault(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.verdicts = lambda commit, _: (
            receipt(commit, CheckKind.LINT, "an old finding in back/a.py:7"),
            receipt(commit, CheckKind.TESTS),
        )

        assert (await drive(it)).state is RunState.READY


async def test_a_check_that_stops_running_does_not_pass_for_green(tmp_path: Path) -> None:
    play = standard_play()
    play |= repair(play)
    async with world(tmp_path, play) as it:
        idle = {"status": CheckStatus.DID_NOT_RUN, "exit_code": None, "reason": "killed"}
        it.workspaces.verdicts = lambda commit, times: (
            green(commit, times)
            if times == 1
            else (receipt(commit, CheckKind.TESTS, **idle), *green(commit, times)[:3])
        )

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert "did not run" in stop.reason


async def test_a_repository_without_any_check_is_blocked_with_what_to_do(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.verdicts = lambda _commit, _times: ()

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert ".github/phaseline.yml" in stop.reason


def reviewed(play: Play, *, blocking: int) -> dict[str, list[Turn | StepOutcome]]:
    approval = play["qa/code-reviewer/1"][0]
    build = play["implementation/backend-developer/1"][0]
    assert isinstance(approval, Turn)
    assert isinstance(build, Turn)
    finding = Finding("F1", Severity.BLOCKING, "back/a.py", 3, "It leaks", "It does.", "Close it.")
    objection = objecting(approval, finding)
    return {
        "qa/code-reviewer/1": [objection],
        "qa/backend-developer/1": [build],
        "qa/code-reviewer/2": [objection if blocking > 1 else approval],
    }


async def test_a_blocking_finding_goes_back_to_its_owner_and_is_reviewed_again(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= reviewed(play, blocking=1)

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        names = await it.names(PhaseName.QA)
        at = names.index("code-reviewer/1")
        assert names[at : at + 4] == [
            "code-reviewer/1",
            "backend-developer/1",
            "checks/2",
            "code-reviewer/2",
        ]
        assert [key for key in await it.wanted() if key.startswith("review/")] == [
            "review/qa/code-reviewer/1"
        ]


async def test_an_owner_that_disproves_a_finding_changes_nothing_and_the_reviewer_looks_again(
    tmp_path: Path,
) -> None:
    play = standard_play()
    play |= reviewed(play, blocking=1)
    build = play["qa/backend-developer/1"][0]
    assert isinstance(build, Turn)
    disproof = revised(build, outcome=Outcome.NO_CHANGE, commit=None, summary="It cannot happen.")
    play["qa/backend-developer/1"] = [replace(disproof, writes=())]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        assert (await it.work("qa/backend-developer/1")).outcome is StepOutcome.NO_CHANGE
        assert (await it.work("qa/code-reviewer/2")).accepted


async def test_an_existing_test_that_the_report_does_not_name_sends_it_back(
    tmp_path: Path,
) -> None:
    play = standard_play()
    tests = play["qa/test-writer/1"][0]
    hiding = replace(tests, writes=(*tests.writes, "tests/test_old.py"))
    naming = revised(
        hiding,
        artifact=tests.submission.artifact.replace("None.", "None. tests/test_old.py grew."),
    )
    play["qa/test-writer/1"] = [hiding, naming]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        (told,) = it.sessions.sent_back["qa/test-writer/1"]
        assert "`tests/test_old.py` is an existing test and modified" in told


async def test_a_place_that_is_not_there_sends_a_finding_back(tmp_path: Path) -> None:
    play = standard_play()
    approval = play["qa/code-reviewer/1"][0]
    finding = Finding("F1", Severity.MINOR, "back/missing.py", 3, "It leaks", "It does.", "No.")
    play["qa/code-reviewer/1"] = [revised(approval, findings=(finding,)), approval]

    async with driven(tmp_path, play) as (it, _):
        told = " ".join(it.sessions.sent_back["qa/code-reviewer/1"])
        assert "names back/missing.py:3, which does not exist" in told
        assert "“## Findings” lacks F1" in told


async def test_a_finding_that_blocks_twice_blocks_the_run(tmp_path: Path) -> None:
    play = standard_play()
    play |= reviewed(play, blocking=2)

    async with driven(tmp_path, play) as (_, stop):
        assert stop.state is RunState.BLOCKED
        assert "It leaks" in stop.reason


async def test_a_push_that_a_rule_refuses_blocks_the_run_and_quotes_the_rule(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, standard_play()) as it:
        it.workspaces.push_refusal = "GH013: Repository rule violations found"

        stop = await drive(it)

        assert stop.state is RunState.BLOCKED
        assert "GH013" in stop.reason


async def test_the_flip_waits_until_everything_said_stands_on_github(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        stop = await it.drive()

        assert stop.state is RunState.WAITING
        assert stop.after_seconds is not None
        assert it.forge.flips == 0


async def test_a_run_that_is_driven_again_asks_nobody_twice(tmp_path: Path) -> None:
    async with world(tmp_path, standard_play()) as it:
        await it.drive()
        asked = len(it.sessions.assignments)
        await it.retry()

        stop = await drive(it)

        assert stop.state is RunState.READY
        assert len(it.sessions.assignments) == asked


async def test_a_session_that_a_limit_stops_blocks_the_run_and_is_not_tried_a_tier_up(
    tmp_path: Path,
) -> None:
    play = standard_play()
    limit = Blocked("The run has used up its limit of 15.00 USD.")
    play["planning/architect/1"] = [limit, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, stop):
        sessions = [a.session for a in it.sessions.assignments if a.agent.name == "architect"]
        assert stop == Stop(RunState.BLOCKED, limit.message)
        assert len(sessions) == 1
        stopped = (await it.record()).find(WorkName(PhaseName.PLANNING, "architect", 1))
        assert stopped is not None
        assert stopped.running

        await it.retry()
        again = await drive(it)

        assert again.state is RunState.READY
        asked = [a.session for a in it.sessions.assignments if a.agent.name == "architect"]
        assert asked == sessions * 2


async def test_a_session_that_waits_lets_the_run_wait_as_long(tmp_path: Path) -> None:
    play = standard_play()
    later = Later("The model API failed: HTTP 529.", 300.0)
    play["planning/architect/1"] = [later, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, stop):
        assert stop == Stop(RunState.WAITING, later.reason, 300.0)
        assert later.reason in await it.tracker()


@pytest.mark.parametrize(("seconds", "comments"), [(300.0, 0), (7200.0, 1)])
async def test_only_a_long_wait_is_told_in_a_comment_and_an_outage_of_many_short_ones_in_none(
    tmp_path: Path, seconds: float, comments: int
) -> None:
    play = standard_play()
    later = Later("The model API failed: HTTP 529.", seconds)
    play["planning/architect/1"] = [later, *play["planning/architect/1"]]

    async with driven(tmp_path, play) as (it, _):
        said = [key for key in await it.wanted() if key.startswith("stop/")]

    assert len(said) == comments


async def test_a_full_disk_lets_the_run_wait_and_any_other_trouble_of_the_system_fails_it(
    tmp_path: Path,
) -> None:
    stops = []
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        place = tmp_path / str(number)
        place.mkdir()
        async with world(place, standard_play()) as it:
            it.workspaces.trouble = OSError(number, "no")
            stops.append(await it.drive())

    assert [stop.state for stop in stops] == [RunState.WAITING, RunState.WAITING, RunState.FAILED]
    assert "disk of the worker is full" in stops[0].reason
