"""What passes for ours and is not: tokens, hidden state, comments, names. Numbers: attacks."""

from dataclasses import replace

import pytest

from app.github.key import AppKey
from app.github.seal import SealError, TrackerSeal
from app.telemetry.redaction import Redaction
from app.workspace.redaction import redacted
from phases.core.errors import DefectError
from phases.core.events import Altered
from phases.core.machine import RunState
from phases.core.model import Person, StepOutcome
from phases.core.outward import Shown
from phases.core.record import Performed, Record
from phases.core.sanitise import inline, prose
from phases.core.submission import SUBMIT_SCHEMA, SubmissionError, parse
from phases.core.work import WorkName
from phases.restoring import restoration
from tests.app.github.parts import APP_ID, MovingClock, a_run, private_key
from tests.app.store.story import REPOSITORY

URL = "http://github.test/acme/shop/issues/3#issuecomment-1"
TOKENS = (
    "ghs_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
    "ghs_1001_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMDAxIn0.c2lnbmF0dXJl-_x" + "y" * 400,
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz",
    *(f"gh{kind}_" + "x" * 36 for kind in "pour"),
)
FORGED = (
    "<!-- phaseline:state v2 e30= {0} -->",
    "<!-<!-- x -->- phaseline:state v2 e30= {0} -->",
    "<!-- phaseline:state v2 e30= {0} --!>",
    "<!-- phaseline:state v2 e30= {0}",
    "<!--\nphaseline:state\nv2 e30= {0}\n-->",
    "<details><!-- phaseline:works v2 e30= {0} --></details>",
    "&lt;!-- phaseline:state v2 e30= {0} --&gt;<!-- phaseline:comment r1 tracker -->",
    "| a <!-- phaseline:state v2 e30= {0} --> |",
)


@pytest.fixture
def seal() -> TrackerSeal:
    return TrackerSeal(AppKey(APP_ID, private_key(), MovingClock()))


@pytest.mark.parametrize("token", TOKENS)
def test_every_kind_of_token_is_taken_out_of_logs_and_of_what_git_says(token: str) -> None:
    """Attack 54: the form since April 2026 has dots, dashes, and some 500 characters."""
    said = f"fatal: could not read {token}, sorry"

    assert token[8:] not in Redaction(()).clean(said)
    assert token[8:] not in redacted(said)
    assert "sorry" in Redaction(()).clean(said)


@pytest.mark.parametrize("text", FORGED)
def test_no_text_of_others_becomes_a_hidden_line_of_ours(text: str) -> None:
    """Attack 58: in an artifact, and in a cell of the tracker."""
    forged = text.format("0" * 64)

    assert "<!" not in prose(forged)
    assert "<!" not in inline(forged)


@pytest.mark.parametrize("text", FORGED)
def test_a_forged_state_is_not_believed_and_hides_no_true_one(seal: TrackerSeal, text: str) -> None:
    """Attack 58: what stands in a body that nobody made safe."""
    run = a_run()
    record = Record(run, tracker_url=URL)
    forged, where = text.format("0" * 64), (run.repository.id, run.issue, run.id, URL)

    with pytest.raises(SealError):
        seal.state(forged, *where)
    found = seal.state(f"{forged}\n{seal.block(record)}", *where)

    assert found.record.run.id == run.id


def test_a_true_state_is_bound_to_its_comment_run_and_issue(seal: TrackerSeal) -> None:
    """Attack 58: copied to another place it is worth nothing."""
    run = a_run()
    block = seal.block(Record(run, tracker_url=URL))

    for where in (
        (run.repository.id + 1, run.issue, run.id, URL),
        (run.repository.id, run.issue + 1, run.id, URL),
        (run.repository.id, run.issue, "r2", URL),
        (run.repository.id, run.issue, run.id, URL + "1"),
    ):
        with pytest.raises(SealError):
            seal.state(block, *where)


def test_an_edited_comment_of_ours_fails_its_seal_and_is_put_right(seal: TrackerSeal) -> None:
    """Attack 59: maintainers may edit any comment; the state stays the database's."""
    run = a_run()
    block = seal.block(Record(run, tracker_url=URL))
    at = block.index("v2 ") + 20
    edited = block[:at] + ("A" if block[at] != "A" else "B") + block[at + 1 :]
    by = Person(12, "maintainer")

    told = restoration(
        Altered(REPOSITORY, 77, False, "f" * 64, by),
        Shown(run.id, "tracker", 0, 0, "0" * 64, in_flight=False),
        RunState.RUNNING,
    )

    with pytest.raises(SealError):
        seal.state(edited, run.repository.id, run.issue, run.id, URL)
    assert told is not None
    assert told.write
    assert "maintainer edited the tracker comment" in told.note


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "qa/../x/1", "/etc/passwd/1", "qa/x/1/a/b"])
def test_a_name_is_never_a_path_of_somebodys_choice(name: str) -> None:
    """Attack 61: works are named by us, artifacts by their step, outputs and logs by hashes."""
    properties = SUBMIT_SCHEMA["properties"]
    assert isinstance(properties, dict)
    given = {**dict.fromkeys(properties), "outcome": "done", "artifact": "x", "summary": "x"}

    with pytest.raises(DefectError):
        WorkName.parse(name)
    with pytest.raises(SubmissionError):
        parse(given | {"name": name})


def test_a_superseded_work_is_no_longer_vouched_for(seal: TrackerSeal) -> None:
    """Attack 58: an old block of ours is not newer than what the tracker says."""
    run = a_run()
    name = WorkName.parse("planning/architect/1")
    done = Performed(name, "Plan", 1, run.created_at, run.created_at, StepOutcome.SUPERSEDED)

    state = seal.state(
        seal.block(Record(run, (done,), tracker_url=URL)),
        *(run.repository.id, run.issue, run.id, URL),
    )

    assert [work.accepted for work in state.record.works] == [False]
    assert replace(done, outcome=StepOutcome.DONE).accepted
