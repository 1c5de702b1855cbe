"""What every sample's script keeps to, whatever it builds."""

from collections.abc import Callable

import pytest

from app.rehearsal.samples import SAMPLES
from phases.core.submission import SUBMIT_SCHEMA, Outcome, parse
from tests.rehearsal.samples.player import Player, Script

NAMES = sorted(SAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_ends_in_a_submission_the_service_accepts(
    name: str, script_of: Callable[[str], Script]
) -> None:
    script = script_of(name)
    empty = dict.fromkeys(SUBMIT_SCHEMA["properties"])

    outcomes = {step: parse({**empty, **script.submission(step)}).outcome for step in script.steps}

    assert set(outcomes.values()) <= {Outcome.DONE, Outcome.NO_CHANGE}


@pytest.mark.parametrize("name", NAMES)
def test_a_step_that_announces_a_commit_changes_files_and_no_other_does(
    name: str, script_of: Callable[[str], Script], player_of: Callable[[str], Player]
) -> None:
    script = script_of(name)
    player = player_of(name)

    for step in script.steps:
        before = player.state()
        player.play_edits(step)
        changed = player.state() != before

        assert changed == (script.submission(step).get("commit") is not None), step
