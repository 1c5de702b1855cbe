"""Git when GitHub fails for a moment, for longer, or asks for patience."""

import pytest

from phases.core.errors import BlockedError, TransientError
from tests.app.workspace.git.hosting import git
from tests.app.workspace.git.kit import (
    FETCH_TOKEN,
    NEW_FETCH_TOKEN,
    PUSH_TOKEN,
    REPOSITORY,
    Bench,
)

FILES = {"README.md": "# Project\n"}
BRANCH = "phaseline/12-add-a-thing"
LOOK, FETCH = "service=git-upload-pack", "/git-upload-pack"
PUSH = "/git-receive-pack"


@pytest.mark.parametrize("fault", [500, 502, 503, None])
@pytest.mark.parametrize("request_struck", [LOOK, FETCH])
async def test_a_fetch_that_failed_for_a_moment_is_made_again(
    bench: Bench, request_struck: str, fault: int | None
) -> None:
    base = bench.host.create("owner", "project", FILES)
    bench.host.faults = [(request_struck, fault), (request_struck, fault)]

    objects = await bench.fetched()

    assert await objects.has_commit(base)
    assert bench.clock.waits == [0.5, 1.0]


async def test_an_outage_that_lasts_is_given_back_after_four_tries(bench: Bench) -> None:
    """Attack 64."""
    bench.host.create("owner", "project", FILES)
    bench.host.fail["git-upload-pack"] = 503

    with pytest.raises(TransientError):
        await bench.remote.tip(REPOSITORY, bench.data, "main")

    assert bench.clock.waits == [0.5, 1.0, 2.0]
    assert len(bench.host.asked) == 4


async def test_a_push_whose_answer_was_lost_is_not_made_twice(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    bench.host.asked.clear()
    bench.host.faults = [(PUSH, None)]

    await bench.remote.push(REPOSITORY, objects.gitdir, base, BRANCH)

    assert bench.host.tip("owner", "project", BRANCH) == base
    pushed = [asked for asked in bench.host.asked if asked.target.endswith(PUSH)]
    assert [asked.method for asked in pushed].count("POST") == 1
    assert bench.tokens.revoked == [PUSH_TOKEN, PUSH_TOKEN]


async def test_a_push_that_failed_before_it_was_made_is_made(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    bench.host.faults = [("service=git-receive-pack", 502), (PUSH, 500)]

    await bench.remote.push(REPOSITORY, objects.gitdir, base, BRANCH)

    assert bench.host.tip("owner", "project", BRANCH) == base


async def test_a_branch_that_moves_while_it_is_pushed_to_is_no_refusal(bench: Bench) -> None:
    bench.host.create("owner", "project", FILES)
    first = bench.host.push("owner", "project", {"a.md": "a\n"}, branch=BRANCH)
    then = bench.host.push("owner", "project", {"b.md": "b\n"}, branch="main")
    objects = await bench.fetched()
    bare = bench.host.bare("owner", "project")
    seen: list[str] = []

    def move_behind_the_look() -> None:
        seen.append("")
        if len(seen) == 2:
            git("update-ref", f"refs/heads/{BRANCH}", then, first, cwd=bare)

    bench.host.watch = move_behind_the_look

    with pytest.raises(TransientError, match="moved on GitHub"):
        await bench.remote.push(REPOSITORY, objects.gitdir, then, BRANCH)

    assert bench.host.tip("owner", "project", BRANCH) == then


@pytest.mark.parametrize("request_struck", [LOOK, FETCH])
async def test_a_limit_is_no_refusal_of_the_token_and_is_waited_out(
    bench: Bench, request_struck: str
) -> None:
    base = bench.host.create("owner", "project", FILES)
    bench.host.says = b"You have exceeded a secondary rate limit.\n"
    bench.host.faults = [(request_struck, 403)]

    objects = await bench.fetched()

    assert await objects.has_commit(base)
    assert bench.clock.waits == [5.0]
    assert bench.tokens.taken_no_more == []


async def test_a_limit_that_stays_is_given_back_for_a_minute(bench: Bench) -> None:
    bench.host.create("owner", "project", FILES)
    bench.host.says = b"You have exceeded a secondary rate limit.\n"
    bench.host.fail["git-upload-pack"] = 429

    with pytest.raises(TransientError) as raised:
        await bench.mirrors.refresh(REPOSITORY)

    assert raised.value.after_seconds == 60
    assert bench.clock.waits == [5.0, 10.0]


async def test_a_token_that_is_taken_no_more_is_replaced_once(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    bench.host.tokens.clear()
    bench.host.tokens.add(NEW_FETCH_TOKEN)

    objects = await bench.fetched()

    assert await objects.has_commit(base)
    assert bench.tokens.taken_no_more == [FETCH_TOKEN]


async def test_a_new_token_that_is_refused_too_blocks(bench: Bench) -> None:
    bench.host.create("owner", "project", FILES)
    bench.host.tokens.clear()

    with pytest.raises(BlockedError, match="Look whether the App is still installed"):
        await bench.mirrors.refresh(REPOSITORY)

    assert bench.tokens.taken_no_more == [FETCH_TOKEN]


async def test_others_fetch_while_one_waits_for_a_fetch_of_its_own(bench: Bench) -> None:
    base = bench.host.create("owner", "project", FILES)
    bench.host.faults = [(LOOK, 502)]
    met: list[bool] = []

    async def fetch() -> None:
        met.append(await (await bench.fetched()).has_commit(base))

    bench.clock.meanwhile = fetch

    await bench.mirrors.refresh(REPOSITORY)

    assert met == [True]
    assert git("rev-parse", "main", cwd=bench.host.bare("owner", "project")) == base
