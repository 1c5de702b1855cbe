"""Builds the SDK's client. It sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import anthropic
import httpx2

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 180.0
"""The longest silence that an operator should meet before a request is tried again."""


@dataclass(frozen=True)
class ClientSettings:
    """How the Messages API is reached; None leaves it to the SDK's own environment variables.

    `silence_seconds` is the longest time without a byte (the API pings while it thinks).
    """

    api_key: str | None = field(repr=False)
    base_url: str | None
    headers: Mapping[str, str] = field(repr=False)
    silence_seconds: float


def make_client(settings: ClientSettings) -> anthropic.AsyncAnthropic:
    """Return a client that never retries by itself; close it when the service stops."""
    return anthropic.AsyncAnthropic(
        api_key=settings.api_key,
        base_url=settings.base_url,
        default_headers=dict(settings.headers),
        timeout=httpx2.Timeout(settings.silence_seconds, connect=CONNECT_SECONDS),
        max_retries=0,
    )
