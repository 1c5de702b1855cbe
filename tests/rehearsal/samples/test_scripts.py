"""What every sample's script keeps to, whatever it builds."""

from collections.abc import Callable

import pytest

from app.rehearsal.samples import SAMPLES
from phases.core.artifacts import Facts, refusals
from phases.core.submission import (
    SUBMIT_SCHEMA,
    Diagnosis,
    Finding,
    Interface,
    Outcome,
    Submission,
    misplaced,
    parse,
    unmet,
)
from phases.core.work import Step, WorkName
from phases.pipeline import standard_pipeline
from tests.rehearsal.samples.player import Player, Script

NAMES = sorted(SAMPLES)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_ends_in_a_submission_that_meets_its_demands(
    name: str, script_of: Callable[[str], Script]
) -> None:
    script = script_of(name)

    open_ends = {
        step: sentences
        for step in script.steps
        if (sentences := unmet(submitted(script, step), work(step).demands))
    }

    assert open_ends == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_artifact_is_valid_at_its_moment(
    name: str, script_of: Callable[[str], Script], player_of: Callable[[str], Player]
) -> None:
    script, player = script_of(name), player_of(name)
    spec = submitted(script, "initialization/project-manager/1")
    texts: list[str] = []

    for step in script.steps:
        player.play_edits(step)
        submission = submitted(script, step)
        facts = Facts(
            requirements=tuple(entry.id for entry in spec.requirements or ()),
            test_plan=submitted(script, "planning/test-writer/1").artifact,
            reviewed=tuple(review.artifact for review in submission.reviews or ()),
            sources=tuple(texts),
            exists=player.line_exists,
            verdict=str(submission.verdict or ""),
            findings=tuple(finding.id for finding in submission.findings or ()),
        )

        assert misplaced(submission, player.line_exists) == (), step
        assert refusals(work(step).makes, submission.artifact, facts) == (), step
        texts.append(submission.artifact)


@pytest.mark.parametrize("name", NAMES)
def test_every_place_that_is_named_exists_at_its_moment(
    name: str, script_of: Callable[[str], Script], player_of: Callable[[str], Player]
) -> None:
    script, player = script_of(name), player_of(name)

    for step in script.steps:
        player.play_edits(step)
        submission = submitted(script, step)
        places: tuple[Interface | Finding | Diagnosis, ...] = (
            *(submission.interfaces or ()),
            *(submission.findings or ()),
            *(submission.diagnosis or ()),
        )

        assert [p for p in places if not player.line_exists(p.file, p.line)] == [], step


@pytest.mark.parametrize("name", NAMES)
def test_a_step_that_announces_a_commit_changes_files_and_no_other_does(
    name: str, script_of: Callable[[str], Script], player_of: Callable[[str], Player]
) -> None:
    script, player = script_of(name), player_of(name)

    for step in script.steps:
        before = player.state()
        player.play_edits(step)
        submission = submitted(script, step)

        assert (player.state() != before) == (submission.commit is not None), step
        assert (submission.outcome is Outcome.NO_CHANGE) <= (submission.commit is None), step


def submitted(script: Script, step: str) -> Submission:
    return parse({**dict.fromkeys(SUBMIT_SCHEMA["properties"]), **script.submission(step)})


def work(step: str) -> Step:
    found = standard_pipeline().work(WorkName.parse(step))
    assert isinstance(found, Step)
    return found
