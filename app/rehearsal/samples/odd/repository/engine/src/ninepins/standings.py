"""Who is ahead. How sheets are read is `sheet`'s affair."""

from collections.abc import Iterable
from dataclasses import dataclass

from ninepins.sheet import Player


@dataclass(frozen=True)
class Standing:
    """A player's place among all."""

    place: int
    name: str
    total: int


def standings(players: Iterable[Player]) -> list[Standing]:
    """Return every player's standing, highest total first."""
    ahead = sorted(players, key=lambda player: -player.total)
    return [Standing(place, player.name, player.total) for place, player in enumerate(ahead, 1)]


def as_text(standings: Iterable[Standing]) -> str:
    """Return one line per standing, as it hangs on the wall."""
    return "\n".join(f"{entry.place}. {entry.name}: {entry.total}" for entry in standings)
