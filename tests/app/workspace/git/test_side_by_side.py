"""Steps that begin side by side share what they need of a repository."""

import asyncio
import shutil

import pytest

from phases.core.errors import TransientError
from tests.app.workspace.git.kit import REPOSITORY, Bench, a_run


async def test_a_commit_that_several_steps_need_at_once_is_fetched_once(bench: Bench) -> None:
    await _created(bench)
    commit = bench.host.push("owner", "project", {"new.txt": "new\n"})
    before = _fetches(bench)

    stores = await asyncio.gather(*(bench.mirrors.with_commit(a_run(), commit) for _ in range(4)))

    assert _fetches(bench) == before + 1
    assert all([await store.has_commit(commit) for store in stores])


async def test_a_store_that_was_removed_is_made_and_filled_anew(bench: Bench) -> None:
    await _created(bench)
    commit = bench.host.push("owner", "project", {"new.txt": "new\n"})
    store = await bench.mirrors.with_commit(a_run(), commit)
    shutil.rmtree(store.gitdir)
    shutil.rmtree(bench.mirrors.mirror(REPOSITORY))

    again = await bench.mirrors.with_commit(a_run(), commit)

    assert await again.has_commit(commit)


async def test_a_store_whose_making_was_interrupted_is_made_whole(bench: Bench) -> None:
    commit = await _created(bench)
    store = await bench.mirrors.with_commit(a_run(), commit)
    (store.gitdir / "objects" / "info" / "alternates").write_text("")

    again = await bench.mirrors.with_commit(a_run(), commit)

    assert await again.has_commit(commit)


async def test_a_commit_that_is_on_no_branch_is_not_taken_for_granted(bench: Bench) -> None:
    await _created(bench)

    for _ in range(2):
        with pytest.raises(TransientError, match="does not show commit"):
            await bench.mirrors.with_commit(a_run(), "0" * 40)


async def _created(bench: Bench) -> str:
    commit = bench.host.create("owner", "project", {"old.txt": "old\n"})
    await bench.fetched()
    return commit


def _fetches(bench: Bench) -> int:
    return sum("/info/refs?" in asked.target for asked in bench.host.asked)


async def test_a_store_that_one_step_reads_already_is_not_made_anew_by_the_next(
    bench: Bench,
) -> None:
    async def lent() -> int:
        store = await bench.mirrors.objects(a_run())
        return (store.gitdir / "objects" / "info" / "alternates").stat().st_mtime_ns

    written = await asyncio.gather(*(lent() for _ in range(4)))

    assert len(set(written)) == 1
