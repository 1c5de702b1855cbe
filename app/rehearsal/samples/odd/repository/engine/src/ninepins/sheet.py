"""Reads a score sheet. Who is ahead is the standings' affair."""

from dataclasses import dataclass

MOST_PINS = 9


class SheetError(ValueError):
    """A line of the sheet cannot be read; the message gives its number and says why."""


@dataclass(frozen=True)
class Player:
    """A player and the pins of each of their rounds."""

    name: str
    rounds: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.rounds)


def read(sheet: str) -> list[Player]:
    """Return the players in the order of the sheet. Raises SheetError."""
    return [
        _player(number, line) for number, line in enumerate(sheet.splitlines(), start=1) if line
    ]


def _player(number: int, line: str) -> Player:
    name, colon, rounds = line.partition(":")
    if not colon or not name.strip():
        raise SheetError(f"line {number}: a name and a colon come first")
    return Player(name.strip(), tuple(_pins(number, word) for word in rounds.split()))


def _pins(number: int, word: str) -> int:
    if not (word.isdecimal() and int(word) <= MOST_PINS):
        raise SheetError(f"line {number}: {word} is not a number of pins from 0 to {MOST_PINS}")
    return int(word)
