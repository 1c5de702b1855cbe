import pytest

from phases.core.disclosure import untold_silence, untold_tests
from phases.core.model import Change, ChangeKind
from phases.core.silencing import Silencing, silencing
from tests.fakes.team import team

TESTS = ("/tests/",)
LOUD = [
    "def a(): return 1",
    "model.fit(data)",
    "exit(1)",
    'it("skips nothing", () => {})',
    "rows.skip(3)",
    "total = ignore + disable",
    "# What follows is not quiet",
    "allow(user)",
]
QUIET = [
    "import os  # noqa: F401",
    "x = y  # type: ignore[attr-defined]",
    "# pylint: disable=all",
    "# fmt: off",
    "if DEBUG:  # pragma: no cover",
    "// eslint-disable-next-line no-console",
    "/* biome-ignore lint/a11y: why */",
    "// @ts-expect-error",
    "@pytest.mark.skipif(True, reason='later')",
    "@pytest.mark.xfail",
    "@unittest.skip('slow')",
    "    pytest.skip('later')",
    "it.skip('works', () => {})",
    "describe.only('one', () => {})",
    "xit('works', () => {})",
    "    t.Skip()",
    "x := y //nolint:errcheck",
    "#[allow(dead_code)]",
    "#[ignore]",
    "@Disabled",
    '@SuppressWarnings("unchecked")',
    "# rubocop:disable Style/Foo",
]


def diff_of(path: str, *lines: str) -> str:
    added = sum(line.startswith("+") for line in lines)
    gone = sum(line.startswith("-") for line in lines)
    same = len(lines) - added - gone
    return "\n".join(
        [
            f"diff --git a/{path} b/{path}",
            f"--- a/{path}",
            f"+++ b/{path}",
            f"@@ -10,{gone + same} +10,{added + same} @@ def around():",
            *lines,
        ]
    )


@pytest.mark.parametrize("line", QUIET)
def test_a_mark_that_makes_a_check_quiet_is_found_where_it_was_added(line: str) -> None:
    (found,) = silencing(diff_of("back/a.py", " before", f"+{line}", " after"))

    assert (found.path, found.line) == ("back/a.py", 11)
    assert found.mark in line


@pytest.mark.parametrize("line", LOUD)
def test_ordinary_code_is_no_such_mark(line: str) -> None:
    assert silencing(diff_of("back/a.py", f"+{line}")) == ()


def test_marks_that_were_there_that_go_or_that_move_are_not_found() -> None:
    lines = ("-x = 1  # noqa", " y  # noqa", "+    x = 1  # noqa", "-z  # noqa")
    moved = diff_of("back/a.py", *lines)
    documents = diff_of("docs/lint.md", "+Never write `# noqa`.")

    assert silencing(f"{moved}\n{documents}") == ()


def test_a_line_of_the_change_that_looks_like_a_diff_hides_nothing() -> None:
    diff = diff_of("back/a.py", "+++ b/docs/x.md", "+x  # noqa")

    assert [(one.path, one.line) for one in silencing(diff)] == [("back/a.py", 11)]


def told_of_silence(agent: str, report: str) -> list[str]:
    found = [Silencing("back/a.py", 3, "# noqa")]
    return list(untold_silence(report, "report.md", team().agent(agent), found))


def test_a_developer_names_file_and_mark_and_whoever_polishes_adds_none() -> None:
    named = "- `back/a.py:3`: `# noqa`, as in all migrations"

    half = "- `back/a.py:3`: quiet, as in all migrations"

    assert told_of_silence("backend-developer", named) == []
    assert "name file and mark in one line" in told_of_silence("backend-developer", half)[0]
    assert "name file and mark in one line" in told_of_silence("backend-developer", "None.")[0]
    assert "take it out" in told_of_silence("quality-checker", named)[0]
    assert "take it out" in told_of_silence("code-simplifier", named)[0]


def told_of_tests(kind: ChangeKind, report: str, own: tuple[str, ...] = ()) -> list[str]:
    return list(untold_tests(report, [Change("tests/test_a.py", kind)], TESTS, own))


def test_existing_tests_that_differ_are_named_and_deleted_ones_with_their_requirement() -> None:
    assert told_of_tests(ChangeKind.ADDED, "None.") == []
    assert told_of_tests(ChangeKind.MODIFIED, "`tests/test_a.py`: one case more") == []
    assert "does not name it" in told_of_tests(ChangeKind.MODIFIED, "None.")[0]
    assert "does not name it" in told_of_tests(ChangeKind.DELETED, "None.")[0]
    assert "name the R-id" in told_of_tests(ChangeKind.DELETED, "tests/test_a.py went")[0]
    assert told_of_tests(ChangeKind.DELETED, "tests/test_a.py: R2 makes it wrong") == []
    assert told_of_tests(ChangeKind.DELETED, "tests/test_a.py went", ("tests/test_a.py",)) == []


def test_a_report_names_a_file_by_its_whole_path() -> None:
    assert told_of_tests(ChangeKind.MODIFIED, "`/workspace/tests/test_a.py:3`: one more") == []
    assert told_of_tests(ChangeKind.MODIFIED, "`back/tests/test_a.py`: one case more") != []


def test_what_is_no_test_need_not_be_named() -> None:
    changes = [Change("back/a.py", ChangeKind.DELETED)]

    assert list(untold_tests("None.", changes, TESTS, ())) == []
    assert list(untold_tests("None.", changes, (), ())) == []
