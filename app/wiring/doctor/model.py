"""Looks at the way to the model: the key, the models of all tiers, their prices."""

from app.claude.client import Provider
from app.claude.models import check_served
from app.claude.prices import Prices
from app.settings import Settings
from app.wiring.doctor.examination import Note
from app.wiring.model import client_of, models_of
from phases.core.ports import Clock


async def model_access(settings: Settings, clock: Clock) -> str:
    """Say which models are served.

    Raises:
        ModelsError, NoPriceError: as at the start of a worker.
    """
    models = models_of(settings)
    ids = list(dict.fromkeys(models.ids.values()))
    provider = Provider(settings.model_provider)
    Prices(provider.price_list).check(ids, clock.now())
    async with client_of(settings) as client:
        warnings = await check_served(client, models)
    if warnings:
        return Note(" ".join(warnings))
    if provider is not Provider.ANTHROPIC:
        return Note(f"{provider} lists no models: a wrong name shows with the first request.")
    return f"{', '.join(ids)}: served at {settings.anthropic_base_url}"
