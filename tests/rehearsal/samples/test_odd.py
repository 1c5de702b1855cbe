"""The repository with one side and folders of its own: its script is green at the first go."""

from collections.abc import Callable

from tests.rehearsal.samples.player import Player, Script

CHECKS = """
    ruff check --config engine/ruff.toml engine &&
    ruff format --check --config engine/ruff.toml engine &&
    mypy --strict engine/src &&
    PYTHONPATH=engine/src python3 -m unittest discover -s engine/specs -p 'spec_*.py'
"""


def test_the_script_plays_from_green_to_green(
    script_of: Callable[[str], Script], player_of: Callable[[str], Player]
) -> None:
    player = player_of("odd")
    before, _ = player.shell(CHECKS)

    for step in script_of("odd").steps:
        player.play(step)
    after, output = player.shell(CHECKS)

    assert (before, after) == (0, 0), output
    assert "Ran 7 tests" in output
