"""What the writer learns of something that it made stand on GitHub."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """What stands on GitHub now; a request for review has neither id nor address."""

    remote_id: int | None
    url: str | None
