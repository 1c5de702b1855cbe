"""What a person fills in for a new App, checked field by field. It knows nothing of HTTP."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from app.web.webhook import PATH

LONGEST = {"address": 500, "name": 34, "organization": 39, "claude_key": 500}
_NAME = re.compile(r"[\w.][\w .'()-]*")
_ORGANIZATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
# Also what stands unquoted in an environment file and means itself there.
_KEY = re.compile(r"[A-Za-z0-9._~+/=-]+")
_LOCAL_NAMES = ("localhost", ".localhost")


class WishError(Exception):
    """What was filled in cannot be used; `faults` says of each field what to change."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(faults.values()))
        self.faults = dict(faults)


@dataclass(frozen=True)
class Wish:
    """The App that a person wants; without an `organization` it is their own."""

    webhook_url: str
    name: str
    organization: str
    claude_key: str = field(repr=False)


def read_wish(fields: Mapping[str, str], *, github_is_local: bool) -> Wish:
    """Return what was filled in; only a GitHub on this machine can reach an address on it.

    Raises:
        WishError: with a sentence for each field that cannot be used.
    """
    given = {name: fields.get(name, "").strip() for name in LONGEST}
    faults = {
        name: f"Longer than {most} characters."
        for name, most in LONGEST.items()
        if len(given[name]) > most
    }
    webhook_url = ""
    try:
        webhook_url = _webhook(given["address"], github_is_local=github_is_local)
    except ValueError as error:
        faults.setdefault("address", str(error))
    if not _NAME.fullmatch(given["name"]):
        faults.setdefault("name", "Letters, digits, spaces, dots and hyphens make a name.")
    if given["organization"] and not _ORGANIZATION.fullmatch(given["organization"]):
        faults.setdefault(
            "organization", "The organization's name as it stands in its address on GitHub."
        )
    if given["claude_key"] and not _KEY.fullmatch(given["claude_key"]):
        faults.setdefault("claude_key", "A key has no spaces and no quotes. Paste it alone.")
    if faults:
        raise WishError(faults)
    return Wish(webhook_url, given["name"], given["organization"], given["claude_key"])


def _webhook(address: str, *, github_is_local: bool) -> str:
    """Return the webhook's URL below a public address; a ValueError says what to change."""
    parts = _split(address)
    host = (parts.hostname or "").lower()
    if parts.scheme == "http" and not (github_is_local and _is_local(host)):
        raise ValueError("Begin it with https:// so that deliveries cannot be read on their way.")
    if _is_local(host) and not github_is_local:
        raise ValueError("GitHub cannot reach this machine by that name: give its public address.")
    if parts.path not in {"", "/", PATH}:
        raise ValueError(f"Leave the path out: the service answers at {PATH}.")
    return f"{parts.scheme}://{parts.netloc.lower()}{PATH}"


def _split(address: str) -> SplitResult:
    if not re.fullmatch(r"[!-~]+", address):
        raise ValueError("An address such as https://phaseline.example.com is needed.")
    parts = urlsplit(address)
    host, _ = parts.hostname, parts.port
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("An address such as https://phaseline.example.com is needed.")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("Leave out user names, question marks and hashes: host and port alone.")
    return parts


def _is_local(host: str) -> bool:
    if host == _LOCAL_NAMES[0] or host.endswith(_LOCAL_NAMES[1]):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_on_this_machine(url: str) -> bool:
    """Tell whether a site's address is one of this machine alone."""
    return _is_local((urlsplit(url).hostname or "").lower())
