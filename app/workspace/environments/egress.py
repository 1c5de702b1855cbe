"""Which hosts the prepare cage may reach. Decides; the proxy carries it out."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}


class EgressError(Exception):
    """A host or an address was refused; the message says which and why."""


@dataclass(frozen=True, order=True)
class Host:
    """One place that may be reached. `tls` tells CONNECT from plain HTTP."""

    name: str
    port: int
    tls: bool = True

    @classmethod
    def of_url(cls, url: str) -> Self | None:
        """The host of an http or https URL; None for any other."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            return None
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.hostname.lower(), port, parts.scheme == "https")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host` or `host:port` as an operator writes it. Raises `EgressError`."""
        name, _, port = text.strip().rpartition(":") if ":" in text else (text.strip(), "", "443")
        if not name or not port.isdigit() or not 0 < int(port) < 1 << 16 or "/" in name:
            raise EgressError(f"PHASELINE_EGRESS_HOSTS: {text!r} is not `host` or `host:port`.")
        return cls(name.strip("[]").lower(), int(port))

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it names this machine itself."""
        try:
            return ipaddress.ip_address(self.name).is_loopback
        except ValueError:
            return self.name == "localhost" or self.name.endswith(".localhost")


def check_address(host: Host, address: str) -> None:
    """Raise `EgressError` when the host, which may be reached, leads to an address that may not.

    Private addresses are fine, since mirrors have them. This machine is reached only when the
    operator's configuration names it as such; a name that leads there is somebody's trick.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_loopback and host.is_loopback:
        return
    if ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        raise EgressError(f"{host} leads to {ip}, which is not for dependencies.")


def parse_hosts(setting: str) -> frozenset[Host]:
    """Read PHASELINE_EGRESS_HOSTS: hosts by commas. Raises `EgressError`."""
    return frozenset(Host.parse(part) for part in setting.split(",") if part.strip())


def hosts_of(urls: Iterable[str]) -> frozenset[Host]:
    """The hosts of those URLs that have one."""
    return frozenset(host for url in urls if (host := Host.of_url(url)) is not None)
