"""The pocket sample's script, read as a play: what each agent writes and hands in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from phases.core.submission import SUBMIT_SCHEMA, Finding, Submission, Verdict, parse
from tests.fakes.outside import Turn

SCRIPT = Path("app/rehearsal/samples/pocket/script/script.yaml")
EDITOR = "str_replace_based_edit_tool"


def standard_play() -> dict[str, list[Any]]:
    """Return a play in which everything is taken at first go."""
    steps = yaml.safe_load(SCRIPT.read_text())["steps"]
    return {name: [_turn(turns)] for name, turns in steps.items()}


def _turn(turns: list[Any]) -> Turn:
    calls = [call for turn in turns for call in turn["tools"]]
    edits = [call[EDITOR] for call in calls if EDITOR in call]
    writes = tuple(edit["path"] for edit in edits if edit["command"] != "view")
    return Turn(handed_in(calls[-1]["submit"]), writes)


def handed_in(given: dict[str, Any]) -> Submission:
    """Return a submission from what a script gives; what is missing is null."""
    artifact = given.get("artifact", "")
    if isinstance(artifact, dict):
        artifact = (SCRIPT.parent / artifact["file"]).read_text()
    properties = SUBMIT_SCHEMA["properties"]
    assert isinstance(properties, dict)
    return parse({**dict.fromkeys(properties), **given, "artifact": artifact})


def revised(turn: Turn, **changes: Any) -> Turn:
    """Return a turn that hands in something else."""
    return replace(turn, submission=replace(turn.submission, **changes))


def objecting(approval: Turn, *findings: Finding) -> Turn:
    """Return the turn of a reviewer that sends a change back for these findings."""
    named = "\n".join(f"- {f.id}, {f.severity}, {f.file}: {f.title}" for f in findings)
    text = approval.submission.artifact.replace("Approved.", "Changes requested.", 1)
    text = text.replace("## Findings\n\nNone.", f"## Findings\n\n{named}", 1)
    return revised(
        approval, artifact=text, verdict=Verdict.CHANGES_REQUESTED, findings=tuple(findings)
    )
