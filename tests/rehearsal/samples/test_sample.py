"""The full-stack sample, as far as Python goes: red where its script says so, green at the end.

The front end's own checks need Node's packages; they run where the sample is rehearsed.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.rehearsal.samples.player import Player, Script

TESTS = "cd server && pytest"
STYLE_AND_TYPES = "cd server && ruff check . && ruff format --check . && mypy"
MAKE_TYPES = "cd server && PYTHONPATH=src python3 -m borrowdale.typescript ../web/src/api/types.ts"


class Story:
    """Plays the script's changes up to a step; the generated types are made where it makes them."""

    def __init__(self, script: Script, player: Player) -> None:
        self.shell = player.shell
        self._player = player
        self._steps = self._played(script)

    def play_through(self, last: str) -> None:
        assert any(step == last for step in self._steps), f"there is no step {last}"

    def _played(self, script: Script) -> Iterator[str]:
        for step in script.steps:
            self._player.play_edits(step)
            if step == "implementation/frontend-developer/1":
                self._player.shell(MAKE_TYPES)
            yield step


@pytest.fixture
def story(script_of: Callable[[str], Script], player_of: Callable[[str], Player]) -> Story:
    return Story(script_of("sample"), player_of("sample"))


def test_the_repository_is_green_before_anything_is_asked(story: Story) -> None:
    tests, output = story.shell(TESTS)
    style, complaints = story.shell(STYLE_AND_TYPES)

    assert (tests, style) == (0, 0), output + complaints


def test_the_first_implementation_breaks_one_existing_test(story: Story) -> None:
    story.play_through("qa/test-writer/1")

    code, output = story.shell(TESTS)

    assert code == 1
    assert "1 failed, 24 passed" in output
    assert (
        "FAILED tests/test_shelf.py::test_the_shelf_is_listed_by_name_whatever_the_case" in output
    )


def test_the_fix_makes_the_tests_green(story: Story) -> None:
    story.play_through("qa/backend-developer/1")

    code, output = story.shell(TESTS)

    assert (code, "25 passed" in output) == (0, True), output


def test_the_branch_is_green_at_the_end(story: Story) -> None:
    story.play_through("ready/project-manager/1")

    tests, output = story.shell(TESTS)
    style, complaints = story.shell(STYLE_AND_TYPES)

    assert (tests, style) == (0, 0), output + complaints


def test_types_that_were_not_made_anew_are_a_red_test(story: Story) -> None:
    story.play_through("implementation/backend-developer/1")

    _, output = story.shell(TESTS)

    assert "FAILED tests/test_contract.py" in output


def test_the_feature_changes_a_dozen_files_in_both_languages(story: Story) -> None:
    story.play_through("ready/project-manager/1")

    _, listed = story.shell("git add --all && git diff --cached --name-only")
    changed = listed.split()

    assert sum(path.startswith("server/") for path in changed) >= 6
    assert sum(path.startswith("web/") for path in changed) >= 6
