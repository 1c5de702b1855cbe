"""What the benchmark of GitHub's faults makes of its counts, and when it is content."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.faults import Withstood, figures, table

WELL = Withstood(10.0, 20, 20, (), (), 0, Counter({"500": 7, "dropped-after": 5}), 100.0)


@pytest.mark.parametrize(
    "harm",
    [
        {"ready": 19},
        {"doubled": ("acme/thimble#3: comment issue: ready",)},
        {"lost": ("acme/thimble#3: pushes ",)},
        {"repeated": 1},
        {"faults": Counter[str]()},
    ],
)
def test_it_is_content_only_when_all_are_ready_and_nothing_came_of_real_faults(
    harm: dict[str, object],
) -> None:
    assert WELL.as_it_should_be
    assert not replace(WELL, **harm).as_it_should_be  # type: ignore[arg-type]  # one field each


def test_the_figures_are_those_of_each_rate_and_of_all_together() -> None:
    few = replace(WELL, percent=1.0, doubled=("a comment",), repeated=2, faults=Counter({"500": 1}))

    told = json.loads(json.dumps(figures([few, WELL], seed=1)))

    wanted = ("runs", "ready", "doubled", "lost", "faults_injected")
    assert [told[key] for key in wanted] == [40, 40, 3, 0, 13]
    assert [told["rates"]["1%"][key] for key in wanted] == [20, 20, 3, 0, 1]
    assert [told["rates"]["10%"][key] for key in wanted] == [20, 20, 0, 0, 12]


def test_the_table_names_what_was_doubled_and_lost() -> None:
    text = table([replace(WELL, doubled=("a comment",), lost=("a push",))])

    assert "| 10 % | 20 | 20 | 1 | 1 | 0 | 12 | 100 |" in text
    assert "- doubled: a comment" in text
    assert "- lost: a push" in text
    assert "10 %: 500 7, dropped-after 5" in text
