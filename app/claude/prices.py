"""What tokens cost, and how many a reply took. It spends nothing and keeps no totals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import genai_prices

from phases.core.session import Tokens

READ = 0.1
WRITE = 1.25
WRITE_1H = 2.0
OUTPUT = 5.0
"""What a cached token costs read and written, and one of a reply, in uncached ones.

https://docs.claude.com/en/docs/about-claude/pricing: so for every model of the three tiers.
"""

NOTHING = Tokens(uncached=0, written_5m=0, written_1h=0, read=0, output=0)
_MANY = 1_000_000


class NoPriceError(LookupError):
    """A model has no known price; the message says what to do."""


@dataclass(frozen=True)
class Prices:
    """The price list of `genai-prices`, for one provider such as `anthropic`."""

    provider: str

    @property
    def version(self) -> str:
        """The list's version, as the ledger names it."""
        return f"genai-prices {genai_prices.__version__}"

    def check(self, models: Iterable[str], at: datetime) -> None:
        """Make sure that each model has a price.

        Raises:
            NoPriceError: one has none; all of them are named.
        """
        unknown = [model for model in dict.fromkeys(models) if not self._knows(model, at)]
        if unknown:
            raise NoPriceError(
                f"{self.version} has no price for {', '.join(unknown)}, so money could not be "
                "limited: set PHASELINE_MODEL_OPUS, PHASELINE_MODEL_SONNET and "
                "PHASELINE_MODEL_HAIKU to models with a price, or update Phaseline."
            )

    def cost(self, model: str, requests: Iterable[Tokens], at: datetime) -> Decimal:
        """Return the price in USD; each of `requests` is priced alone, as some prices have steps.

        Raises:
            LookupError: the model has no price.
        """
        return sum((self._price(model, tokens, at) for tokens in requests), Decimal(0))

    def rates(self, model: str, at: datetime) -> Mapping[str, Decimal]:
        """Return what one token of each kind costs in USD, where prices have steps on the dearest.

        Raises:
            LookupError: the model has no price.
        """
        counts = {kind: replace(NOTHING, **{kind: _MANY}) for kind in vars(NOTHING)}
        return {kind: self._price(model, many, at) / _MANY for kind, many in counts.items()}

    def _knows(self, model: str, at: datetime) -> bool:
        try:
            self._price(model, NOTHING, at)
        except LookupError:
            return False
        return True

    def _price(self, model: str, tokens: Tokens, at: datetime) -> Decimal:
        written = tokens.written_5m + tokens.written_1h
        usage = genai_prices.Usage(
            input_tokens=tokens.uncached + written + tokens.read,
            cache_write_tokens=written,
            cache_write_5m_tokens=tokens.written_5m,
            cache_write_1h_tokens=tokens.written_1h,
            cache_read_tokens=tokens.read,
            output_tokens=tokens.output,
        )
        return genai_prices.calc_price(
            usage, model, provider_id=self.provider, genai_request_timestamp=at
        ).total_price


def requests_of(usage: Mapping[str, Any]) -> tuple[Tokens, ...]:
    """Return the tokens of each sampling that a reply took.

    `usage.iterations` lists them when there were several; the tokens of a compaction stand nowhere
    else. https://docs.claude.com/en/docs/build-with-claude/compaction
    """
    iterations = usage.get("iterations")
    if isinstance(iterations, list) and iterations:
        return tuple(_tokens(entry) for entry in iterations if isinstance(entry, Mapping))
    return (_tokens(usage),)


def total(requests: Iterable[Tokens]) -> Tokens:
    """Return the sum, kind by kind."""
    whole = NOTHING
    for tokens in requests:
        whole = Tokens(
            uncached=whole.uncached + tokens.uncached,
            written_5m=whole.written_5m + tokens.written_5m,
            written_1h=whole.written_1h + tokens.written_1h,
            read=whole.read + tokens.read,
            output=whole.output + tokens.output,
        )
    return whole


def units(tokens: Tokens) -> float:
    """Return what tokens cost in uncached ones."""
    written = WRITE * tokens.written_5m + WRITE_1H * tokens.written_1h
    return tokens.uncached + written + READ * tokens.read + OUTPUT * tokens.output


def _tokens(usage: Mapping[str, Any]) -> Tokens:
    written = _count(usage, "cache_creation_input_tokens")
    by_lifetime = usage.get("cache_creation")
    hour = _count(by_lifetime, "ephemeral_1h_input_tokens") if by_lifetime else 0
    return Tokens(
        uncached=_count(usage, "input_tokens"),
        # Without the breakdown a write is of the default lifetime.
        written_5m=max(written - hour, 0),
        written_1h=hour,
        read=_count(usage, "cache_read_input_tokens"),
        output=_count(usage, "output_tokens"),
    )


def _count(usage: Mapping[str, Any], field: str) -> int:
    value = usage.get(field)
    return value if isinstance(value, int) and value > 0 else 0
