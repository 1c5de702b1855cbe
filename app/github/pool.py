"""The connections to GitHub, shared by all calls. They know no operation and hold no token."""

import ssl

import httpx

VERSION_HEADER = "x-github-api-version"
VERSION = "2026-03-10"
# What GitHub Enterprise Server knows that has not heard of the newer one: to 3.19 all of them
# (npm @octokit/openapi 23.0.2, generated/ghes-*.json). We read nothing that differs.
OLDER_VERSION = "2022-11-28"


class SharedPool(httpx.AsyncHTTPTransport):
    """Connections to one API that outlive the clients which githubkit opens and closes for a call.

    The first answer that a version of the API is not supported changes it for all calls after it.
    """

    def __init__(self, api_url: str, proxy: str | None) -> None:
        # Where nothing is encrypted the world's certificates are not read: 20 ms of a core.
        plain_http = api_url.startswith("http://")
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain_http else True
        super().__init__(proxy=proxy, verify=verify)
        self._version = VERSION

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with the version that this GitHub takes."""
        sent = request.headers[VERSION_HEADER] = self._version
        answer = await super().handle_async_request(request)
        if sent == OLDER_VERSION or answer.status_code != httpx.codes.BAD_REQUEST:
            return answer
        body = await answer.aread()
        await answer.aclose()
        if b"version" not in body.lower():
            return httpx.Response(answer.status_code, headers=plain(answer), content=body)
        self._version = request.headers[VERSION_HEADER] = OLDER_VERSION
        # It was refused for its version, so that even a write has had no effect.
        return await super().handle_async_request(request)

    async def aclose(self) -> None:
        """Stay open."""

    async def shut(self) -> None:
        """Close the connections for good."""
        await super().aclose()


def plain(answer: httpx.Response) -> httpx.Headers:
    """Return an answer's headers without those that spoke of how its body was sent."""
    headers = answer.headers.copy()
    for name in ("content-encoding", "content-length", "transfer-encoding"):
        headers.pop(name, None)
    return headers
