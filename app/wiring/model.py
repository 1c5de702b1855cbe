"""The way to the model, opened from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anthropic

from app.claude.client import SILENCE_SECONDS, Client, ClientSettings, Provider, make_client
from app.claude.misses import Misses
from app.claude.models import REPLY_TOKENS, Models, ModelsError
from app.claude.prices import Prices
from app.claude.sessions import ClaudeSessions
from app.claude.warmth import PATIENCE_SECONDS, Warmth
from app.clock import SystemClock
from app.durable.drain import Drain
from app.settings import Settings, headers_of
from app.wiring.duty import DrainingJournal
from app.wiring.store import Store
from phases.core.agent import Tier


class ShortPause:
    """Pauses between two tries of a request, none of them longer than a run rests."""

    def __init__(self, clock: SystemClock, most: float) -> None:
        self._clock = clock
        self._most = most

    async def between(self, shortest: float, longest: float) -> None:
        """Sleep for a random time between the two, in seconds."""
        await self._clock.between(min(shortest, self._most), min(longest, self._most))


@asynccontextmanager
async def sessions_of(
    settings: Settings, store: Store, clock: SystemClock, drain: Drain
) -> AsyncIterator[ClaudeSessions]:
    """Open the way to the model; every configured model has a price and is served.

    Raises:
        ModelsError: the provider cannot be reached with these settings, or lacks a model.
        NoPriceError: a model has no price.
    """
    async with client_of(settings) as client:
        sessions = ClaudeSessions(
            client=client,
            journal=DrainingJournal(store.database, clock, store.spending, drain),
            models=models_of(settings),
            prices=Prices(Provider(settings.model_provider).price_list),
            pause=ShortPause(clock, settings.rest_seconds),
            rest=clock,
            watch=clock,
            warmth=Warmth(PATIENCE_SECONDS),
            misses=Misses(settings.explain_cache_misses),
        )
        await sessions.check_models()
        yield sessions


def models_of(settings: Settings) -> Models:
    """Return what the settings say of the models."""
    ids = {
        Tier.OPUS: settings.model_opus,
        Tier.SONNET: settings.model_sonnet,
        Tier.HAIKU: settings.model_haiku,
    }
    compacts = Provider(settings.model_provider).compacts
    return Models(
        ids=ids,
        strict=frozenset(),
        max_tokens=REPLY_TOKENS,
        working_tokens=settings.working_budget_tokens if compacts else 0,
    )


def client_of(settings: Settings) -> Client:
    """Return the client of the provider that the settings name.

    Raises:
        ModelsError: what is missing.
    """
    provider = Provider(settings.model_provider)
    own = provider is Provider.ANTHROPIC
    given = ClientSettings(
        provider=provider,
        api_key=settings.anthropic_api_key.get_secret_value() or None,
        base_url=settings.anthropic_base_url if own else None,
        headers=headers_of(settings.model_headers),
        silence_seconds=SILENCE_SECONDS,
        region=settings.model_region,
        project=settings.model_project,
    )
    try:
        return make_client(given)
    except (anthropic.AnthropicError, ValueError) as error:
        raise ModelsError(f"The model provider {provider} cannot be used: {error}") from error
