"""The prompt cache: reads, writes, lifetimes and the limits of the documentation."""

from typing import Any

import pytest

from app.rehearsal.claude.cache import Bill, PromptCache, prefixes_of
from app.rehearsal.claude.errors import ApiError
from app.rehearsal.claude.request import parse_request

LONG = "a word and another " * 400


def text(content: str, ttl: str | None = None) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": content}
    return block | ({"cache_control": {"type": "ephemeral", "ttl": ttl}} if ttl else {})


def prefixes(*blocks: dict[str, Any], model: str = "claude-opus-5-5", **more: Any) -> Any:
    body = {
        "model": model,
        "max_tokens": 10,
        "messages": [{"role": "user", "content": list(blocks)}],
        **more,
    }
    return prefixes_of(parse_request(body, frozenset(), counting=False))


def ask(cache: PromptCache, now: float, *blocks: dict[str, Any], **more: Any) -> Bill:
    found = prefixes(*blocks, **more)
    bill = cache.bill(found, now)
    cache.begin(found, now)
    return bill


def test_without_markers_everything_is_paid_in_full() -> None:
    bill = ask(PromptCache(), 0, text(LONG))

    assert bill.uncached > 2_000
    assert (bill.read, bill.written_5m, bill.written_1h) == (0, 0, 0)


def test_a_marked_prefix_is_written_once_and_then_read() -> None:
    cache = PromptCache()

    first = ask(cache, 0, text(LONG, "5m"), text("question one"))
    second = ask(cache, 10, text(LONG, "5m"), text("question two"))

    assert first.written_5m == second.read > 2_000
    assert second.written_5m == 0
    assert second.uncached == first.uncached


def test_a_reply_that_has_not_begun_has_written_nothing_yet() -> None:
    cache = PromptCache()
    cache.bill(prefixes(text(LONG, "5m")), 0)

    second = cache.bill(prefixes(text(LONG, "5m")), 1)

    assert second.read == 0


def test_the_top_level_marker_moves_with_the_end_of_the_conversation() -> None:
    cache = PromptCache()
    automatic = {"cache_control": {"type": "ephemeral"}}

    ask(cache, 0, text(LONG), **automatic)
    second = ask(cache, 1, text(LONG), text("more"), **automatic)

    assert second.read > 2_000
    assert 0 < second.written_5m < 100
    assert second.uncached == 0


@pytest.mark.parametrize(("between", "found"), [(18, True), (19, False)])
def test_an_entry_is_found_within_twenty_positions_of_the_marker(between: int, found: bool) -> None:
    cache = PromptCache()
    ask(cache, 0, text(LONG, "5m"))
    steps = [text(f"step {number}") for number in range(between)]

    bill = ask(cache, 1, text(LONG), *steps, text("end", "5m"))

    assert (bill.read > 2_000) is found


def test_a_prefix_below_the_floor_is_not_cached() -> None:
    cache = PromptCache()

    ask(cache, 0, text("short", "5m"))
    second = ask(cache, 1, text("short", "5m"))

    assert (second.read, second.written_5m) == (0, 0)


def test_lifetimes_end_and_are_renewed_by_reads() -> None:
    cache = PromptCache()
    ask(cache, 0, text(LONG, "5m"))

    renewed = ask(cache, 200, text(LONG, "5m"))
    alive = ask(cache, 450, text(LONG, "5m"))
    dead = ask(cache, 751, text(LONG, "5m"))

    assert (renewed.read > 0, alive.read > 0, dead.read) == (True, True, 0)


def test_an_hour_marker_writes_hour_tokens_that_outlive_five_minutes() -> None:
    cache = PromptCache()

    first = ask(cache, 0, text(LONG, "1h"), text(LONG, "5m"))
    later = ask(cache, 1_000, text(LONG, "1h"), text(LONG, "5m"))

    assert first.written_1h > 2_000
    assert first.written_5m > 2_000
    assert later.read == first.written_1h
    assert later.written_5m == first.written_5m


def test_each_model_has_a_cache_of_its_own() -> None:
    cache = PromptCache()
    ask(cache, 0, text(LONG, "5m"))

    other = ask(cache, 1, text(LONG, "5m"), model="claude-haiku-5-5")

    assert other.read == 0


def test_a_change_of_the_tools_loses_the_whole_prefix() -> None:
    cache = PromptCache()
    ask(cache, 0, text(LONG, "5m"), tools=[{"name": "a", "input_schema": {"type": "object"}}])

    other = ask(
        cache, 1, text(LONG, "5m"), tools=[{"name": "b", "input_schema": {"type": "object"}}]
    )

    assert other.read == 0


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        (
            [text(LONG, "5m")] * 5,
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (
            [text(LONG, "5m"), text(LONG, "1h")],
            "a ttl='1h' cache_control block must not come after a ttl='5m'",
        ),
        ([text(LONG, "2h")], "Input should be '5m' or '1h'"),
    ],
)
def test_markers_beyond_the_rules_are_refused(blocks: list[Any], sentence: str) -> None:
    with pytest.raises(ApiError) as refusal:
        prefixes(*blocks)

    assert sentence in refusal.value.message
