"""What each tool prints becomes failures, in the words of the real tools."""

import json

from app.workspace.checks.readers.reading import Output
from app.workspace.checks.readers.registry import read
from phases.core.receipts import CheckId, CheckKind
from phases.core.submission import Side

TESTS = CheckId(Side.BACKEND, CheckKind.TESTS)


def output(
    stdout: str = "", stderr: str = "", report: str | None = None, directory: str = ""
) -> Output:
    data = report.encode() if report is not None else None
    return Output(TESTS, directory, stdout, stderr, data)


PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.1">
<testcase classname="tests.test_a" name="test_good" file="tests/test_a.py" line="1" time="0.001" />
<testcase classname="tests.test_a" name="test_bad" file="tests/test_a.py" line="4" time="0.001">
<failure message="AssertionError: assert 1 == 2">def test_bad():
&gt;       assert 1 == 2
E       assert 1 == 2

tests/test_a.py:6: AssertionError</failure></testcase>
<testcase classname="tests.test_a" name="test_skip" file="tests/test_a.py" line="9" time="0">
<skipped type="pytest.skip" message="not now">tests/test_a.py:10: not now</skipped></testcase>
<testcase classname="" name="tests.test_b" time="0"><error message="collection failure">
tests/test_b.py:1: in &lt;module&gt;
E   ModuleNotFoundError: No module named 'nothing'</error></testcase>
</testsuite></testsuites>"""

VITEST = """<?xml version="1.0" encoding="UTF-8" ?>
<testsuites name="vitest tests" tests="2" failures="1" errors="0" time="0.2">
<testsuite name="src/add.test.ts" timestamp="t" hostname="h" tests="2" failures="1" time="0.01">
<testcase classname="src/add.test.ts" name="add &gt; works" time="0.001"></testcase>
<testcase classname="src/add.test.ts" name="add &gt; fails" time="0.002">
<failure message="expected 3 to be 4" type="AssertionError">AssertionError: expected 3 to be 4
 - Expected
 \u276f src/add.test.ts:9:20</failure></testcase>
</testsuite></testsuites>"""


def test_pytest_junit_gives_counts_files_lines_and_names() -> None:
    reading = read("junit", output(report=PYTEST), succeeded=False)

    assert (reading.passed, reading.failed, reading.skipped) == (1, 2, 1)
    first, second = reading.failures
    assert (first.file, first.line, first.rule) == (
        "tests/test_a.py",
        6,
        "tests.test_a::test_bad",
    )
    assert first.message == "AssertionError: assert 1 == 2"
    assert (second.rule, second.message) == ("tests.test_b", "collection failure")


def test_vitest_junit_names_the_file_below_its_package() -> None:
    reading = read("junit", output(report=VITEST, directory="web"), succeeded=False)

    assert (reading.passed, reading.failed) == (1, 1)
    assert reading.failures[0].file == "web/src/add.test.ts"
    assert reading.failures[0].line == 9
    assert reading.failures[0].rule == "src/add.test.ts::add > fails"


def test_an_xml_bomb_is_not_read_and_the_output_stands_as_a_whole() -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    case = '<testcase name="x"><failure message="&b;"/></testcase>'
    bomb = f"{entities}<testsuite>{case}</testsuite>"

    reading = read("junit", output(stdout="1 failed", report=bomb), succeeded=False)

    assert [failure.rule.partition("-")[0] for failure in reading.failures] == ["output"]


def test_ruff_json_becomes_failures_with_paths_of_the_repository() -> None:
    found = [
        {
            "code": "F401",
            "filename": "/workspace/back/a.py",
            "location": {"row": 3, "column": 8},
            "message": "`os` imported but unused",
        },
        {"code": None, "filename": "b.py", "location": {"row": 1}, "message": "SyntaxError"},
    ]

    reading = read("ruff", output(json.dumps(found), directory="back"), succeeded=False)

    assert [(f.file, f.line, f.rule) for f in reading.failures] == [
        ("back/a.py", 3, "F401"),
        ("back/b.py", 1, "syntax"),
    ]


def test_mypy_notes_are_not_failures() -> None:
    lines = [
        {"file": "a.py", "line": 2, "message": "Bad", "code": "arg-type", "severity": "error"},
        {"file": "a.py", "line": 2, "message": "Hint", "code": None, "severity": "note"},
    ]
    text = "\n".join(json.dumps(line) for line in lines)

    reading = read("mypy", output(text), succeeded=False)

    assert [(f.line, f.rule, f.message) for f in reading.failures] == [(2, "arg-type", "Bad")]


def test_eslint_warnings_count_only_when_there_is_no_error() -> None:
    def report(*severities: int) -> str:
        messages = [
            {"ruleId": f"r{n}", "severity": severity, "message": "m", "line": n + 1}
            for n, severity in enumerate(severities)
        ]
        return json.dumps([{"filePath": "/workspace/web/a.ts", "messages": messages}])

    mixed = read("eslint", output(report=report(1, 2)), succeeded=False)
    warned = read("eslint", output(report=report(1)), succeeded=False)

    assert [f.rule for f in mixed.failures] == ["r1"]
    assert [f.rule for f in warned.failures] == ["r0"]


def test_biomes_gitlab_report_is_read_for_lint_and_format() -> None:
    found = [
        {
            "description": "Formatter would have printed the following content:",
            "check_name": "format",
            "severity": "critical",
            "location": {"path": "src/a.ts", "lines": {"begin": 1}},
        }
    ]

    reading = read("biome", output(json.dumps(found), directory="web"), succeeded=False)

    assert [(f.file, f.rule) for f in reading.failures] == [("web/src/a.ts", "format")]


def test_tsc_errors_are_read_with_and_without_a_file() -> None:
    text = (
        "src/b.ts(1,5): error TS2322: Type 'number' is not assignable to type 'string'.\n"
        "  The expected type comes from property 'x'\n"
        "error TS18003: No inputs were found.\n"
    )

    reading = read("tsc", output(text, directory="web"), succeeded=False)

    assert [(f.file, f.line, f.rule) for f in reading.failures] == [
        ("web/src/b.ts", 1, "TS2322"),
        ("", None, "TS18003"),
    ]


def test_formatters_list_what_they_would_write() -> None:
    text = "Would reformat: back/a.py\n1 file would be reformatted\n"
    black = "would reformat /workspace/back/b.py\n\nOh no!\n"
    prettier = "Checking...\n[warn] src/a.ts\n[warn] Code style issues found in 1 file.\n"

    ruff = read("unformatted", output(text), succeeded=False)
    blacks = read("unformatted", output(stderr=black), succeeded=False)
    prettiers = read("unformatted", output(stderr=prettier, directory="web"), succeeded=False)

    assert [f.file for f in ruff.failures] == ["back/a.py"]
    assert [f.file for f in blacks.failures] == ["back/b.py"]
    assert [f.file for f in prettiers.failures] == ["web/src/a.ts"]


def test_ruffs_newer_list_of_files_to_format_is_read_with_what_cannot_be_parsed() -> None:
    text = (
        "unformatted: File would be reformatted\n --> a.py:1:7\n  |\n  - def f( ):\n"
        "1 + def f():\n  |\n\ninvalid-syntax: Expected an identifier\n --> b.py:1:5\n"
        "1 file would be reformatted\n"
    )

    reading = read("unformatted", output(text, directory="back"), succeeded=False)

    assert [(f.file, f.line, f.rule) for f in reading.failures] == [
        ("back/a.py", 1, "unformatted"),
        ("back/b.py", 1, "invalid-syntax"),
    ]


UNITTEST = """.F
======================================================================
FAIL: test_adds (test_app.AppTest.test_adds)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/workspace/tests/test_app.py", line 8, in test_adds
    self.assertEqual(add(1, 1), 3)
AssertionError: 2 != 3

----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=1)
"""


def test_pythons_own_runner_is_read_from_its_text() -> None:
    reading = read("unittest", output(stderr=UNITTEST), succeeded=False)

    assert (reading.passed, reading.failed) == (1, 1)
    failure = reading.failures[0]
    assert (failure.file, failure.line) == ("tests/test_app.py", 8)
    assert failure.rule == "test_app.AppTest.test_adds"
    assert failure.message == "AssertionError: 2 != 3"


def test_output_that_nobody_can_read_is_one_failure_that_ignores_figures_and_paths() -> None:
    first = read("whole", output("boom in 0.31s at /workspace/a/b.c:12"), succeeded=False)
    second = read("whole", output("boom in 1.02s at /workspace/a/b.c:15"), succeeded=False)
    third = read("whole", output("bang in 1.02s at /workspace/a/b.c:15"), succeeded=False)

    assert first.failures[0].identity == second.failures[0].identity
    assert first.failures[0].identity != third.failures[0].identity


def test_a_tool_that_succeeded_has_no_failures_whatever_it_printed() -> None:
    reading = read("lines", output("a.py:1:1: E501 line too long"), succeeded=True)

    assert reading.failures == ()


def test_escape_sequences_and_control_characters_do_not_get_through() -> None:
    text = "\x1b[31msrc/b.ts(1,5): error TS2322: bad\x07 \x1b]0;title\x07thing\x1b[0m\n"

    reading = read("tsc", output(text), succeeded=False)

    assert "\x1b" not in reading.failures[0].message
    assert "\x07" not in reading.failures[0].message
