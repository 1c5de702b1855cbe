"""What the webhook hands over once it is sure of the sender; not where that is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Delivery:
    """One webhook POST whose signature holds; `body` is exactly what was signed.

    `guid` and `event` come from headers that nobody signed. `body_sha256` is in hexadecimal.
    """

    guid: str
    event: str
    action: str | None
    body_sha256: str
    body: bytes = field(repr=False)
    received_at: datetime


class Receiver(Protocol):
    """Where deliveries are kept until a worker takes them."""

    async def receive(self, delivery: Delivery) -> bool:
        """Store the delivery before returning; False when its GUID or its body is there already.

        Raises:
            TransientError: when it cannot be stored now; the sender is answered 503.
        """


class Shapes(Protocol):
    """What knows how the payloads of the events we read look."""

    def mismatch(self, event: str, payload: Mapping[str, Any]) -> str | None:
        """Say why a payload is not one of that event, or return None."""
