"""Work that a reviewer or a rule sends back, and the rounds until it is taken."""

from dataclasses import replace
from pathlib import Path

from phases.core.machine import RunState
from phases.core.model import StepOutcome
from phases.core.submission import Finding, Outcome, Severity
from phases.core.work import PhaseName
from tests.fakes.outside import Play, Turn
from tests.phases.play import objecting, revised, standard_play
from tests.phases.runs import drive, driven, returned_once
from tests.phases.world import world


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


async def test_a_developer_that_changed_nothing_is_not_done(tmp_path: Path) -> None:
    play = standard_play()
    build = play["implementation/backend-developer/1"][0]
    play["implementation/backend-developer/1"] = [replace(build, writes=()), build]

    async with driven(tmp_path, play) as (it, stop):
        assert stop.state is RunState.READY
        assert "nothing to commit" in it.sessions.sent_back["implementation/backend-developer/1"][0]


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
