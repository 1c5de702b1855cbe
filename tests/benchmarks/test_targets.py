"""Verdicts on figures: what is missed shows in the table and in the exit code."""

import pytest

from benchmarks.targets import Target, exit_code, table
from benchmarks.webhooks import aims

MOST = Target("ms", "time, ms", 200)
LEAST = Target("rate", "a second", 1500, at_least=True)


@pytest.mark.parametrize(
    ("figures", "code", "missed"),
    [
        ({"ms": 200.0, "rate": 1500.0}, 0, 0),
        ({"ms": 200.1, "rate": 1500.0}, 1, 1),
        ({"ms": 1.0, "rate": 1499.9}, 1, 1),
        ({"ms": 1.0}, 0, 0),
        ({"other": 9999.0}, 0, 0),
    ],
)
def test_a_figure_beyond_its_bound_is_marked_and_fails(
    figures: dict[str, float], code: int, missed: int
) -> None:
    assert exit_code(figures, (MOST, LEAST)) == code
    assert table(figures, (MOST, LEAST)).count("NOT REACHED") == missed


WELL = {
    "distinct": 1800,
    "stored": 1800,
    "non_202": 0,
    "p99_ms": 90,
    "max_ms": 200,
    "per_second": 800,
    "probot_per_second": 3200,
    "rss_mb_peak": 120,
}


@pytest.mark.parametrize(
    ("key", "figure", "code"),
    [
        ("p99_ms", 90, 0),
        ("p99_ms", 201, 1),
        ("max_ms", 1001, 1),
        ("stored", 1799, 1),
        ("stored", 1801, 1),
        ("non_202", 1, 1),
        ("rss_mb_peak", 201, 1),
        ("per_second", 799, 1),
        ("probot_per_second", 9000, 1),
    ],
)
def test_a_burst_is_judged_by_every_figure_that_it_must_reach(
    key: str, figure: float, code: int
) -> None:
    figures = WELL | {key: figure}

    assert exit_code(figures, aims(figures)) == code
