import unittest

from ninepins.sheet import Player, SheetError, read


class ASheet(unittest.TestCase):
    def test_gives_each_player_with_their_rounds(self) -> None:
        players = read("Blue lane: 7 9 4\n\nRed lane: 9 9 6\n")

        self.assertEqual(players, [Player("Blue lane", (7, 9, 4)), Player("Red lane", (9, 9, 6))])

    def test_says_which_line_cannot_be_read(self) -> None:
        for sheet, complaint in (
            ("Blue lane: 7\nRed lane 9", "line 2: a name"),
            ("Blue lane: 10", "line 1: 10 is not"),
        ):
            with self.subTest(sheet), self.assertRaisesRegex(SheetError, complaint):
                read(sheet)
