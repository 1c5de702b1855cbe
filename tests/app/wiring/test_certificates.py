"""Whom the service's connections trust: the world's certificates, and nobody over plain HTTP."""

import ssl
from typing import Any

import pytest

from app.claude.client import SILENCE_SECONDS, ClientSettings, Provider, make_client
from app.github.pool import SharedPool


@pytest.mark.parametrize(("scheme", "trusting"), [("https", True), ("http", False)])
async def test_certificates_are_read_where_connections_are_encrypted_and_only_there(
    scheme: str, trusting: bool
) -> None:
    address = f"{scheme}://gateway.invalid"
    given = ClientSettings(Provider.ANTHROPIC, "key", address, {}, SILENCE_SECONDS, None, None)

    async with SharedPool(address, None) as github, make_client(given) as claude:
        contexts = [_context(github), _context(claude._client._transport)]

    assert [context.verify_mode for context in contexts] == [ssl.CERT_REQUIRED] * 2
    assert [bool(context.get_ca_certs()) for context in contexts] == [trusting] * 2


def _context(transport: Any) -> ssl.SSLContext:
    context = transport._pool._ssl_context
    assert isinstance(context, ssl.SSLContext)
    return context
