import unittest

from ninepins.sheet import Player
from ninepins.standings import as_text, standings


class TheStandings(unittest.TestCase):
    def test_begin_with_the_highest_total(self) -> None:
        table = standings([Player("Blue lane", (7, 9)), Player("Red lane", (9, 9))])

        self.assertEqual(as_text(table), "1. Red lane: 18\n2. Blue lane: 16")

    def test_are_empty_without_players(self) -> None:
        self.assertEqual(standings([]), [])
