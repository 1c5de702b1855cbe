from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.claude.prices import NOTHING, NoPriceError, Prices, requests_of, total
from phases.core.session import Tokens
from tests.app.claude.kit import stage, submit
from tests.app.claude.wire import Wire, by_turn, frame, frames, reply

AT = datetime(2026, 11, 20, tzinfo=UTC)
PRICES = Prices("anthropic")


def tokens(**kinds: int) -> Tokens:
    """Return tokens of the given kinds alone."""
    return Tokens(**{**NOTHING.__dict__, **kinds})


@pytest.mark.parametrize(
    ("kind", "usd"),
    [
        ("uncached", "2"),
        ("written_5m", "2.5"),
        ("written_1h", "4"),
        ("read", "0.1"),
        ("output", "10"),
    ],
)
def test_each_kind_of_token_has_its_own_price(kind: str, usd: str) -> None:
    cost = PRICES.cost("claude-sonnet-5-5", [tokens(**{kind: 1_000_000})], AT)

    assert cost == Decimal(usd)


def test_a_long_prompt_of_the_small_model_costs_five_times_as_much_a_token() -> None:
    below = PRICES.cost("claude-haiku-5-5", [tokens(uncached=100_000)], AT)
    above = PRICES.cost("claude-haiku-5-5", [tokens(uncached=20_000, read=80_001)], AT)
    twice = PRICES.cost("claude-haiku-5-5", [tokens(uncached=60_000)] * 2, AT)

    assert below == Decimal("0.01")
    assert above == Decimal("0.01400005")
    assert twice == Decimal("0.012")


def test_a_model_without_a_price_is_refused_by_name() -> None:
    with pytest.raises(NoPriceError, match=r"no price for claude-nix.*PHASELINE_MODEL_OPUS"):
        PRICES.check(["claude-sonnet-5-5", "claude-nix"], AT)


def test_usage_is_read_kind_by_kind() -> None:
    usage = {
        "input_tokens": 1,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30},
        "cache_read_input_tokens": 4,
        "output_tokens": 5,
    }

    assert requests_of(usage) == (Tokens(1, 20, 30, 4, 5),)


def test_a_write_without_its_lifetime_counts_as_the_default_one() -> None:
    usage = {"input_tokens": 1, "cache_creation_input_tokens": 50, "cache_creation": None}

    assert requests_of(usage) == (Tokens(1, 50, 0, 0, 0),)


def test_tokens_that_stand_only_in_iterations_are_counted() -> None:
    usage = {
        "input_tokens": 10,
        "output_tokens": 2,
        "iterations": [
            {"type": "compaction", "input_tokens": 1000, "output_tokens": 100},
            {"type": "message", "input_tokens": 10, "output_tokens": 2},
        ],
    }

    assert total(requests_of(usage)) == tokens(uncached=1010, output=102)


async def test_every_request_has_a_ledger_entry_with_its_price_and_its_price_list() -> None:
    usage = {
        "input_tokens": 1_000,
        "cache_creation_input_tokens": 2_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 2_000},
        "cache_read_input_tokens": 3_000,
        "output_tokens": 100,
    }

    async with stage(by_turn(reply(submit(), usage=usage))) as at:
        end = await at.converse()

    (entry,) = at.journal.ledger
    assert entry.tokens == Tokens(1_000, 0, 2_000, 3_000, 100)
    assert entry.cost_usd == end.cost_usd == Decimal("0.0113")
    assert entry.model == "claude-sonnet-5-5"
    assert entry.prices.startswith("genai-prices 0.")
    assert entry.request_id == "req_1"
    assert entry.retries == 0
    assert entry.at == at.watch.now()


async def test_counts_that_the_end_of_a_stream_leaves_open_are_those_of_its_beginning() -> None:
    usage = {"input_tokens": 1_000, "cache_read_input_tokens": 3_000, "output_tokens": 100}
    events = frames(submit(), stop="tool_use", usage=usage)
    left_open = {"input_tokens": None, "cache_read_input_tokens": None, "output_tokens": 100}
    events[-2] = frame("message_delta", {"delta": {"stop_reason": "tool_use"}, "usage": left_open})

    async with stage(by_turn(Wire(body=b"".join(events)))) as at:
        await at.converse()

    assert at.journal.ledger[0].tokens == Tokens(1_000, 0, 0, 3_000, 100)
