"""Who is who, and what changes between asking and doing. Numbers: the list of attacks."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.github.request import before
from app.store.database import Database
from app.store.deliveries import Deliveries
from app.store.runs import Runs
from phases.core.decisions import Ignore, NoteEdit, Refuse, Resume
from phases.core.events import Edited
from phases.core.machine import RunState
from phases.core.model import Drift, Request, Role, Variant
from phases.intake import decide
from phases.planning import plans_hash
from tests.app.github.parts import START
from tests.app.github.test_request import comment
from tests.app.store.story import LABELLED, REPOSITORY, deliver
from tests.databases import migrated
from tests.fakes.outside import ManualClock
from tests.fakes.worktree import sha
from tests.phases.play import standard_play
from tests.phases.runs import drive
from tests.phases.scene import scene, wished
from tests.phases.standings import LATER, PLANS, record, say
from tests.phases.test_intake import WHEN


@pytest.mark.parametrize("standing", ["blocked", "running", "ready"])
async def test_a_run_belongs_to_an_id_whatever_its_repository_is_called(
    tmp_path: Path, standing: str
) -> None:
    """Attack 10: renamed and transferred; what is called so by now is nobody we know."""
    async with scene(tmp_path, standard_play(), Variant.STANDARD) as here:
        here.it.workspaces.push_refusal = "" if standing == "ready" else "no"
        if standing != "running":
            await drive(here.it)
        today = replace(REPOSITORY, owner="else", name="renamed", installation=9)
        stranger = replace(REPOSITORY, id=REPOSITORY.id + 1)

        edit = Edited(stranger, 3, "Title", "Body", here.it.clock.now())

        await here.hear(edit)
        untouched = here.it.run.repository
        await here.hear(replace(edit, repository=today))

        assert untouched == REPOSITORY
        assert here.it.run.repository == today
        assert (await here.it.record()).run.repository.full_name == "else/renamed"


@pytest.mark.parametrize("standing", ["queued", "running", "approval", "blocked"])
def test_an_edit_behind_the_label_changes_nothing_that_a_run_works_from(standing: str) -> None:
    """Attack 16: it is noted; only a person with write permission has it taken."""
    met = record(standing)
    edit = Edited(met.run.repository, 3, "Title", "Mine now", LATER)

    decision = decide(edit, met, Role.NONE)

    assert isinstance(decision, NoteEdit)
    assert decision.run.request == met.run.request
    assert decision.request is not None
    reverted = replace(met, run=replace(met.run, edited=decision.request))
    back = decide(replace(edit, body="Body", at=LATER + timedelta(1)), reverted, Role.NONE)
    assert back == NoteEdit(reverted.run, None)
    late = replace(edit, at=WHEN - timedelta(seconds=1))
    assert isinstance(decide(late, met, Role.NONE), Ignore)


def test_an_edit_voids_the_approval_that_is_to_come_unless_that_names_the_plans() -> None:
    """Attack 16."""
    met = record("approval")
    edited = replace(met, run=replace(met.run, edited=Request("Title", "New", "r", (), LATER)))

    refused = decide(say("approve"), edited, Role.ADMIN)
    meant = decide(say("approve", PLANS[:10]), edited, Role.ADMIN)

    assert isinstance(refused, Refuse)
    assert "/phaseline revise" in refused.text
    assert isinstance(meant, Resume)


def test_comments_added_or_edited_behind_the_label_reach_no_agent() -> None:
    """Attack 17: created before and last edited before, to GitHub's second."""
    tick = timedelta(seconds=1)
    late = [
        comment("late", created_at=START + tick, updated_at=START + tick),
        comment("edited", updated_at=START + timedelta(days=3)),
        comment("same second", created_at=START, updated_at=START),
        comment("later than its last edit", created_at=START + tick),
    ]

    assert [taken.body for taken in before([*late, comment("kept")], START)] == ["kept"]


async def test_an_approval_holds_for_the_plans_that_it_was_given_for(tmp_path: Path) -> None:
    """Attack 18: plan A is approved, plan B is not built by it."""
    async with scene(tmp_path, wished(standard_play(), "test-writer"), Variant.PLAN) as here:
        await drive(here.it)
        first = plans_hash(await here.it.record())
        await here.say("approve")
        await here.say("pause")
        await here.say("revise", "Use one table.")

        stop = await drive(here.it)

        assert stop.approval_of not in {"", first}
        assert here.it.workspaces.pushed == []


async def test_two_labels_at_once_start_one_run(tmp_path: Path) -> None:
    """Attack 19: a delivery, its like, and the sweep, side by side."""
    url = migrated(tmp_path / "phaseline.db")
    async with Database(url) as database:
        runs = Runs(database, ManualClock(), Decimal(15))
        await deliver(database, "one")
        await deliver(database, "two")
        waiting = await Deliveries(database).waiting(2)

        started = await asyncio.gather(
            *(runs.start(each.id, LABELLED, 1) for each in waiting),
            runs.start(None, LABELLED, 1),
        )

        assert len({run.id for run in started}) == 1
        assert len(await runs.due()) == 1
        assert await Deliveries(database).waiting(9) == ()


async def test_a_base_branch_that_moves_behind_an_approval_changes_nothing_unseen(
    tmp_path: Path,
) -> None:
    """Attack 20: the run stays at the commit that it began from, and is held to where it is now."""
    async with scene(tmp_path, standard_play(), Variant.PLAN) as here:
        await drive(here.it)
        await here.say("approve")
        here.it.workspaces.base_drift = Drift(sha("rewritten"), 1, ("back/a.py",))

        stop = await drive(here.it)

        run = (await here.it.record()).run
        assert run.base is not None
        assert run.base.sha == sha("base")
        assert stop.state is RunState.BLOCKED
        assert "do not merge cleanly" in stop.reason
        assert here.it.forge.flips == 0
