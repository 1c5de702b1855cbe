"""The pocket repository: its script is green at the first go."""

from collections.abc import Callable

from tests.rehearsal.samples.player import Player, Script

CHECKS = "ruff check . && ruff format --check . && pytest"


def test_the_script_plays_from_green_to_green(
    script_of: Callable[[str], Script], player_of: Callable[[str], Player]
) -> None:
    player = player_of("pocket")
    before, _ = player.shell(CHECKS)

    for step in script_of("pocket").steps:
        player.play(step)
    after, output = player.shell(CHECKS)

    assert (before, after) == (0, 0), output
    assert "16 passed" in output
