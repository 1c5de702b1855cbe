"""docs/scripts.md says what is so: its example is a script, its tables name every key."""

import re
from pathlib import Path

import pytest

from app.rehearsal.claude.reading import TURN_KEYS, read_script
from app.rehearsal.claude.script import STOP_REASONS, USAGE_FIELDS

DOCUMENT = Path(__file__).parents[3] / "docs/scripts.md"


def test_the_worked_example_is_a_sound_script(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert example is not None
    (tmp_path / "script.yaml").write_text(example[1])
    (tmp_path / "files").mkdir()
    for name in re.findall(r"\{file: (files/[^}]+)\}", example[1]):
        (tmp_path / name).write_text("text\n")

    script = read_script(tmp_path / "script.yaml")

    step = script.step("implementation/backend-developer/1")
    assert step is not None
    turns = step.turns(1)
    assert turns is not None
    assert turns[-1].calls[0].tool == "submit"


@pytest.mark.parametrize("key", sorted(TURN_KEYS))
def test_every_key_of_a_turn_has_its_row(key: str) -> None:
    assert f"\n| `{key}` |" in DOCUMENT.read_text()


@pytest.mark.parametrize("name", [*STOP_REASONS, *USAGE_FIELDS])
def test_every_stop_reason_and_token_count_is_named(name: str) -> None:
    assert f"`{name}`" in DOCUMENT.read_text()
