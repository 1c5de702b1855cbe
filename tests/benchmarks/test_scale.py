"""The figures of `benchmarks.scale` by hand, and the material that it works on."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.rehearsal.claude.reading import read_script
from app.settings import load
from app.wiring.store import Store
from benchmarks.processes import Span
from benchmarks.scale import joined, table
from benchmarks.scaling.material import build_repository, build_script
from benchmarks.scaling.options import PARTS, read
from benchmarks.scaling.rows import RunTimes, covered_seconds, fairness, fairness_of_longest
from benchmarks.scaling.seed import seed
from phases.core.machine import RunState
from tests.databases import migrated

CREATED = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spans", "covered"),
    [
        ([], 0.0),
        ([Span(2, 4)], 2.0),
        ([Span(2, 6), Span(3, 4)], 4.0),
        ([Span(3, 5), Span(2, 4)], 3.0),
        ([Span(-5, 1), Span(9, 20)], 2.0),
        ([Span(-5, -1), Span(11, 20)], 0.0),
    ],
)
def test_time_that_several_spans_cover_counts_once_and_only_within_the_run(
    spans: list[Span], covered: float
) -> None:
    assert covered_seconds(spans, 0.0, 10.0) == covered


def test_fairness_is_the_largest_wait_of_a_repository_over_the_mean_by_means_and_by_longest() -> (
    None
):
    runs = [_run(1, 1.0), _run(1, 3.0), _run(2, 6.0)]

    assert fairness(runs) == 6.0 / 4.0
    assert fairness_of_longest(runs) == 6.0 / 4.5


def test_the_script_is_sound_and_its_planners_take_the_turns_they_are_told(tmp_path: Path) -> None:
    script = read_script(build_script(tmp_path, 12))

    turns = {name: len(step.attempts[None]) for name, step in script.steps.items()}
    planners = [name for name in turns if name.startswith("planning/") and "product" not in name]
    assert {turns[name] for name in planners} == {12}
    assert len(planners) == 3


def test_the_repository_has_nothing_to_install(tmp_path: Path) -> None:
    build_repository(tmp_path / "source")

    names = {path.name for path in (tmp_path / "source").iterdir()}
    assert names == {".git", ".gitignore", ".github", "README.md", "back", "docs", "tests", "web"}


async def test_what_is_put_into_the_store_waits_with_nothing_left_to_send(tmp_path: Path) -> None:
    url = migrated(tmp_path / "phaseline.db")
    settings = load(
        database_url=url,
        github_app_id=1001,
        github_private_key="unused",
        github_webhook_secret="s" * 32,
        anthropic_api_key="unused",
    )

    await seed(Store(settings, SystemClock()), SystemClock(), 3)

    store = Store(settings, SystemClock())
    async with store.database:
        records = await store.records.latest(10)
        assert await store.outbox.due(10) == ()
        assert await store.outbox.unseen() == ()
        assert await store.runs.due() == ()
    assert [record.run.state for record in records] == [RunState.WAITING] * 3


def test_a_figure_beyond_its_target_is_said_to_be_so() -> None:
    text = table({"idle_cpu_percent": 2.5, "web_only_mb": 90.0})

    assert "| 2.5 | at most 2 | NOT REACHED |" in text
    assert "| 90 | at most 100 | reached |" in text


def test_figures_of_several_parts_stand_side_by_side() -> None:
    one = {"configurations": {"sqlite_1": {"runs_per_hour": 300.0, "fairness": 1.1}}}
    other = {"configurations": {"postgresql_3": {"runs_per_hour": 600.0, "fairness": 1.4}}}

    figures = joined(joined({"web_only_mb": 90.0}, one), other)

    assert figures["runs_per_hour"] == {"sqlite_1": 300.0, "postgresql_3": 600.0}
    assert figures["fairness"] == 1.4
    assert figures["web_only_mb"] == 90.0


def test_everything_is_measured_unless_parts_are_named() -> None:
    whole = read([], "").options
    some = read(["--part", "idle", "--part", "alone", "--quick", "--waiting", "7"], "").options

    assert whole.parts == PARTS
    assert (whole.issues, whole.waiting, whole.size.latency) == (40, 1000, 1.0)
    assert some.parts == ("alone", "idle")
    assert (some.waiting, some.issues) == (7, 4)


def test_a_part_is_measured_on_real_processes_and_kept_beside_those_before_it(
    tmp_path: Path,
) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text(json.dumps({"idle_cpu_percent": 1.0}))
    arguments = ["--quick", "--part", "resume", "--add", "--json", str(figures)]

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.scale", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "kill to resumed turn" in done.stdout, done.stderr
    assert done.returncode == ("NOT REACHED" in done.stdout)
    assert json.loads(figures.read_text()).keys() >= {"idle_cpu_percent", "resume_s_beyond_imports"}


def _run(repository: int, waited: float) -> RunTimes:
    started = CREATED + timedelta(seconds=waited)
    return RunTimes("run", repository, "ready", "", CREATED, started, None)
