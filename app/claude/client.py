"""Builds the SDK's client for the provider that the settings name. It sends nothing."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import anthropic
import httpx2

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 180.0
"""The longest silence that an operator should meet before a request is tried again."""

Client = (
    anthropic.AsyncAnthropic
    | anthropic.AsyncAnthropicBedrockMantle
    | anthropic.AsyncAnthropicVertex
)


class Provider(StrEnum):
    """Who serves the models."""

    ANTHROPIC = "anthropic"
    BEDROCK = "bedrock"
    VERTEX = "vertex"

    @property
    def price_list(self) -> str:
        """What `genai-prices` calls the provider."""
        return {"bedrock": "aws", "vertex": "google"}.get(self.value, self.value)

    @property
    def compacts(self) -> bool:
        """Whether a summary can be asked for.

        https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand lists who can.
        """
        return self is not Provider.BEDROCK


@dataclass(frozen=True)
class ClientSettings:
    """How the models are reached; None leaves it to the SDK's own environment variables.

    `api_key` is a key of the Claude API, a Bedrock API key, or an access token of Google Cloud.
    Without one, Bedrock takes the credentials of `boto3`, Vertex those of `google-auth`. `headers`
    are sent with every request, for gateways. `silence_seconds` is the longest time without a byte
    (the API pings while it thinks).
    """

    provider: Provider
    api_key: str | None = field(repr=False)
    base_url: str | None
    headers: Mapping[str, str] = field(repr=False)
    silence_seconds: float
    region: str | None
    project: str | None


def make_client(settings: ClientSettings) -> Client:
    """Return a client that never retries by itself; close it when the service stops.

    Raises:
        anthropic.AnthropicError, ValueError: region or credentials are missing.
    """
    timeout = httpx2.Timeout(settings.silence_seconds, connect=CONNECT_SECONDS)
    headers = dict(settings.headers)
    match settings.provider:
        case Provider.ANTHROPIC:
            return anthropic.AsyncAnthropic(
                api_key=settings.api_key,
                base_url=settings.base_url,
                default_headers=headers,
                timeout=timeout,
                max_retries=0,
                http_client=_plain_http(settings.base_url, timeout),
            )
        case Provider.BEDROCK:
            return anthropic.AsyncAnthropicBedrockMantle(
                api_key=settings.api_key,
                aws_region=settings.region,
                base_url=settings.base_url,
                default_headers=headers,
                timeout=timeout,
                max_retries=0,
            )
        case Provider.VERTEX:
            return anthropic.AsyncAnthropicVertex(
                access_token=settings.api_key,
                region=settings.region or anthropic.NOT_GIVEN,
                project_id=settings.project or anthropic.NOT_GIVEN,
                base_url=settings.base_url,
                default_headers=headers,
                timeout=timeout,
                max_retries=0,
            )


def _plain_http(
    base_url: str | None, timeout: httpx2.Timeout
) -> anthropic.DefaultAsyncHttpxClient | None:
    """Return the SDK's own connections without the world's certificates; None: they are needed.

    To read them takes 20 ms of a core, and more for each proxy of the environment.
    """
    if base_url is None or not base_url.startswith("http://"):
        return None
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return anthropic.DefaultAsyncHttpxClient(base_url=base_url, timeout=timeout, verify=verify)
