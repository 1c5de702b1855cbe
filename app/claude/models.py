"""Which model stands for which tier, and whether the API serves it. It does not choose tiers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import anthropic
import httpx2

from app.claude.client import Client
from phases.core.agent import Tier

_log = logging.getLogger(__name__)

REPLY_TOKENS = 32_000
"""Room for a reply: an artifact of 60,000 characters fits, and twice as much is below 128,000."""


class ModelsError(Exception):
    """A configured model cannot be used; the message says which and what to do."""


class ModelsAwayError(ModelsError):
    """The provider cannot be reached now; nothing says that it is wrong."""


@dataclass(frozen=True)
class Models:
    """The model id of each tier, the models whose tools are `strict`, and the room that they have.

    `max_tokens` is the output limit of a request; a reply that was cut is given twice as much.
    `working_tokens` is how long a conversation should become: it is summed up before; 0: never.
    """

    ids: Mapping[Tier, str]
    strict: frozenset[str]
    max_tokens: int
    working_tokens: int

    def of(self, tier: Tier) -> str:
        """Return the id that a tier stands for."""
        return self.ids[tier]

    def room_for_reply(self, cuts: int) -> int:
        """Return the output limit of a request, after so many replies in a row that were cut."""
        return self.max_tokens * 2 if cuts else self.max_tokens


async def check_served(client: Client, models: Models) -> tuple[str, ...]:
    """Compare the configured ids with GET /v1/models; return a sentence for each deprecated one.

    The clouds have no such list: there a wrong id is refused with the first request.

    Raises:
        ModelsError: the API does not answer, or does not serve one of them.
    """
    if not isinstance(client, anthropic.AsyncAnthropic):
        return ()
    served = {model: known or "active" for model, known in (await listed(client)).items()}
    warnings: list[str] = []
    for tier, model in models.ids.items():
        setting = f"PHASELINE_MODEL_{tier.upper()}"
        lifecycle = served.get(model)
        if lifecycle is None:
            raise ModelsError(
                f"The model API serves no {model!r} ({setting}). It serves: "
                f"{', '.join(sorted(served)) or 'none'}."
            )
        if lifecycle == "retired":
            raise ModelsError(f"The model {model!r} is retired: set {setting} to another one.")
        if lifecycle == "deprecated":
            _log.warning("model is deprecated", extra={"model": model, "setting": setting})
            warnings.append(f"The model {model!r} ({setting}) is deprecated and will be retired.")
    return tuple(warnings)


async def listed(client: Client) -> dict[str, str | None]:
    """Return the life cycle of each model that the API lists, None where it does not say.

    The clouds list nothing.

    Raises:
        ModelsError: the API does not answer.
    """
    if not isinstance(client, anthropic.AsyncAnthropic):
        return {}
    try:
        found = [model.to_dict() async for model in client.models.list(limit=1000)]
    except anthropic.APIConnectionError as error:
        raise ModelsAwayError(
            f"The model API at {client.base_url} cannot be reached: check ANTHROPIC_BASE_URL "
            "unless it is down."
        ) from error
    # A TypeError is the SDK's word for a client without any credentials.
    except (anthropic.AnthropicError, httpx2.HTTPError, TypeError) as error:
        raise ModelsError(
            f"The model API at {client.base_url} does not list its models "
            f"({type(error).__name__}): check ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL."
        ) from error
    return {str(model["id"]): _text(model.get("lifecycle")) for model in found}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
