"""Blocks that are forged, copied or edited, and records put together from what is left."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.github.key import AppKey
from app.github.rebuilding import Pushed, checked, rebuilt
from app.github.seal import SealError, State, TrackerSeal, place_of
from phases.core.model import Request, StepOutcome
from phases.core.record import Performed, Record
from phases.core.work import WorkName
from tests.app.github.parts import APP_ID, MovingClock, private_key
from tests.phases.play import standard_play
from tests.phases.runs import driven

URL = "http://github.test/acme/widgets/issues/3#issuecomment-1"


@pytest.fixture
async def record(tmp_path: Path) -> AsyncIterator[Record]:
    async with driven(tmp_path, standard_play()) as (it, _):
        yield replace(await it.record(), tracker_url=URL)


@pytest.fixture
def seal() -> TrackerSeal:
    return TrackerSeal(AppKey(APP_ID, private_key(), MovingClock()))


def opened(seal: TrackerSeal, record: Record, body: str, **instead: int | str) -> State:
    run = record.run
    where = {"repository": run.repository.id, "issue": run.issue, **instead}
    return seal.state(
        body, int(where["repository"]), int(where["issue"]), run.id, str(where.get("url", URL))
    )


def works_of(seal: TrackerSeal, record: Record) -> dict[str, Performed]:
    run = record.run
    found: dict[str, Performed] = {}
    for key in sorted({key for work in record.works if (key := place_of(work))}):
        block = seal.works_block(record, key, 60_000)
        shown = seal.shown(block, run.repository.id, run.issue, run.id, key)
        assert shown is not None
        found |= {str(work.name): checked(work) for work in shown.works}
    return found


def branch_of(record: Record) -> list[Pushed]:
    run = record.run
    assert run.base is not None
    found: list[Pushed] = []
    parent = "0pening"
    for work, commit in record.commits:
        message = f"x\n\nPhaseline-Work: {run.id}/{work.name}"
        found.append(Pushed(commit.sha, (parent,), message))
        parent = commit.sha
    return [*reversed(found), Pushed("0pening", (run.base.sha,), "begin")]


async def test_from_its_blocks_and_its_branch_a_record_is_whole_again(
    record: Record, seal: TrackerSeal
) -> None:
    state = opened(seal, record, f"## Phaseline\n\n{seal.block(record)}\n<!-- marker -->")

    again = rebuilt(state, works_of(seal, record), branch_of(record))

    assert again.run == record.run
    assert again.passages == record.passages
    assert again.spent_usd == record.spent_usd
    for before in record.works:
        after = again.find(before.name)
        assert after is not None
        assert (after.outcome, after.artifact, after.submission, after.commit, after.facts) == (
            before.outcome,
            before.artifact,
            before.submission,
            before.commit,
            before.facts,
        )
        assert [r.failures for r in after.receipts] == [r.failures for r in before.receipts]


async def test_a_block_with_one_character_changed_is_refused(
    record: Record, seal: TrackerSeal
) -> None:
    block = seal.block(record)
    middle = len(block) // 2
    changed = "A" if block[middle] != "A" else "B"

    with pytest.raises(SealError, match="edited, copied, or written with another key"):
        opened(seal, record, block[:middle] + changed + block[middle + 1 :])


@pytest.mark.parametrize("instead", [{"repository": 12}, {"issue": 4}, {"url": URL + "9"}])
async def test_a_block_copied_to_another_place_is_refused(
    record: Record, seal: TrackerSeal, instead: dict[str, int | str]
) -> None:
    block = seal.block(record)

    with pytest.raises(SealError, match="edited, copied"):
        opened(seal, record, block, **instead)


async def test_a_block_of_another_app_is_refused(record: Record, seal: TrackerSeal) -> None:
    private_key.cache_clear()
    other = TrackerSeal(AppKey(APP_ID, private_key(), MovingClock()))

    with pytest.raises(SealError, match="another key"):
        opened(seal, record, other.block(record))


async def test_a_block_of_a_newer_version_is_refused_by_name(
    record: Record, seal: TrackerSeal
) -> None:
    block = seal.block(record).replace(" v2 ", " v3 ")

    with pytest.raises(SealError, match="newer version"):
        opened(seal, record, block)


async def test_the_block_of_one_artifact_does_not_pass_for_that_of_another(
    record: Record, seal: TrackerSeal
) -> None:
    run = record.run
    keys = [key for work in record.works if (key := place_of(work))]
    block = seal.works_block(record, keys[0], 60_000)

    with pytest.raises(SealError, match="edited, copied"):
        seal.shown(block, run.repository.id, run.issue, run.id, keys[1])


async def test_a_comment_that_the_tracker_vouches_for_and_that_is_gone_refuses_the_run(
    record: Record, seal: TrackerSeal
) -> None:
    shown = works_of(seal, record)
    del shown["planning/architect/1"]

    with pytest.raises(SealError, match="planning/architect/1 is gone"):
        rebuilt(opened(seal, record, seal.block(record)), shown, branch_of(record))


async def test_an_artifact_that_is_not_the_one_of_the_tracker_refuses_the_run(
    record: Record, seal: TrackerSeal
) -> None:
    shown = works_of(seal, record)
    shown["planning/architect/1"] = replace(
        shown["planning/architect/1"], artifact=shown["planning/test-writer/1"].artifact
    )

    with pytest.raises(SealError, match="something else than the tracker says"):
        rebuilt(opened(seal, record, seal.block(record)), shown, branch_of(record))


async def test_a_commit_that_is_not_on_the_branch_refuses_the_run(
    record: Record, seal: TrackerSeal
) -> None:
    state = opened(seal, record, seal.block(record))

    with pytest.raises(SealError, match="does not hold the commit of"):
        rebuilt(state, works_of(seal, record), branch_of(record)[1:])


async def test_work_that_was_never_said_on_github_is_done_anew_from_the_commit_before(
    record: Record, seal: TrackerSeal
) -> None:
    (before, last) = record.commits[-2:]
    unsaid = str(last[0].name)
    works = tuple(
        replace(work, url=None) if str(work.name) == unsaid else work for work in record.works
    )
    lagging = replace(record, works=works)
    shown = works_of(seal, lagging)
    del shown[unsaid]

    again = rebuilt(opened(seal, lagging, seal.block(lagging)), shown, branch_of(record))

    assert again.find(last[0].name) is None
    assert again.run.head == before[1].sha
    passage = again.passage(last[0].name.phase)
    assert passage is not None
    assert passage.passed_at is None


async def test_where_no_commit_was_ever_said_on_github_work_starts_before_the_first(
    record: Record, seal: TrackerSeal
) -> None:
    """The first one is a merge: what it joins is no place to start from."""
    unsaid = {str(work.name) for work, _ in record.commits}
    works = tuple(
        replace(work, url=None) if str(work.name) in unsaid else work for work in record.works
    )
    lagging = replace(record, works=works)
    shown = {name: work for name, work in works_of(seal, lagging).items() if name not in unsaid}
    first = record.commits[0][1].sha
    branch = [
        replace(commit, parents=(*commit.parents, "j01ned")) if commit.sha == first else commit
        for commit in branch_of(record)
    ]

    again = rebuilt(opened(seal, lagging, seal.block(lagging)), shown, branch)

    assert again.commits == ()
    assert again.run.head == "0pening"


async def test_a_head_that_is_not_on_the_branch_any_more_gives_way_to_the_last_work(
    record: Record, seal: TrackerSeal
) -> None:
    """Somebody's commit was adopted, and taken away while the database was lost."""
    ahead = replace(record, run=replace(record.run, head="adopted"))

    again = rebuilt(
        opened(seal, ahead, seal.block(ahead)), works_of(seal, ahead), branch_of(record)
    )

    assert again.run.head == record.commits[-1][1].sha


async def test_work_that_the_tracker_does_not_know_yet_counts(
    record: Record, seal: TrackerSeal
) -> None:
    early = replace(record, works=record.works[:4])

    again = rebuilt(
        opened(seal, early, seal.block(early)), works_of(seal, record), branch_of(record)
    )

    assert {w.name for w in again.works} == {w.name for w in record.works if w.accepted}
    assert again.run.head == record.run.head


async def test_a_request_too_long_for_a_tracker_is_kept_by_its_hash(
    record: Record, seal: TrackerSeal
) -> None:
    at = record.run.created_at
    long = Request("t", "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(60_000)), "a", (), at)
    record = replace(record, run=replace(record.run, request=long))

    block = await asyncio.to_thread(seal.block, record)

    assert len(block) < 60_000
    state = opened(seal, record, block)
    assert state.request_sha256 is not None
    assert state.record.run.request == replace(long, body="")


def test_superseded_work_is_not_taken_for_accepted_by_what_its_comment_says(
    record: Record, seal: TrackerSeal
) -> None:
    shown = works_of(seal, record)
    name = WorkName.parse("planning/architect/1")
    works = tuple(
        replace(work, outcome=StepOutcome.SUPERSEDED) if work.name == name else work
        for work in record.works
    )

    state = opened(seal, record, seal.block(replace(record, works=works)))
    put_together = rebuilt(state, shown, branch_of(record))

    found = put_together.find(name)
    assert found is not None
    assert found.superseded
    assert put_together.artifact("system-plan.md") is None
