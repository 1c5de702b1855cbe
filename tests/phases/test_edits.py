"""The files that an agent edits in a run: what is put back, and what is opened on request."""

from dataclasses import replace
from pathlib import Path

import pytest

from phases.core.machine import RunState
from phases.core.submission import Widening
from tests.phases.play import revised, standard_play
from tests.phases.runs import driven


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
