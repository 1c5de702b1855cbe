"""Who may knock where: some paths answer everybody, the rest only this machine.

Pages have no sign-in yet; until they do, whoever is not here gets 404, as if there were nothing.
"""

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A proxy on this machine makes a stranger look local; these headers give it away.
_PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")
_SAFE = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class Doors:
    """Middleware: `public` paths for all, every other path for loopback peers and known hosts.

    `hosts` are names without a port; a request under another `Host` is answered 404, so that a
    foreign page cannot reach us by rebinding its own name to this address.
    """

    def __init__(self, app: ASGIApp, *, public: frozenset[str], hosts: frozenset[str]) -> None:
        self._app = app
        self._public = public
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer 404; answers leave with safe headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["path"] in self._public or self._is_local(scope):
            await self._app(scope, receive, send_safely)
        else:
            await PlainTextResponse("Not Found", 404)(scope, receive, send_safely)

    def _is_local(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if any(name in headers for name in _PROXY_HEADERS):
            return False
        client = scope.get("client")
        return (
            client is not None
            and _is_loopback(client[0])
            and _host_name(headers.get("host", "")) in self._hosts
        )


def _is_loopback(address: str) -> bool:
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None
    return (mapped or peer).is_loopback


def _host_name(host: str) -> str:
    host = host.lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
