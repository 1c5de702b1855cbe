"""Checks run in the real cage over a throw-away checkout, and their receipts tell what happened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.workspace.checkout import Checkouts
from app.workspace.checks.commands import prepare
from app.workspace.checks.run import CheckRunner, Subject
from app.workspace.environments.preparation import Environment
from app.workspace.sandbox.sandbox import Sandbox
from phases.core.receipts import Check, CheckId, CheckKind, CheckStatus, Receipt, compare
from phases.core.submission import Side
from tests.app.workspace.git.kit import Bench, git_bench
from tests.app.workspace.git.room import KeptLogs
from tests.app.workspace.sandbox.kit import make_sandbox

KINDS = list(CheckKind)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return make_sandbox()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with git_bench(tmp_path) as bench:
        yield bench


async def receipts(
    bench: Bench,
    sandbox: Sandbox,
    files: dict[str, str],
    *commands: str,
    seconds: float = 30.0,
    cwd: str = "",
) -> tuple[Receipt, ...]:
    commit = bench.host.create("owner", "project", files)
    objects = await bench.fetched()
    runner = CheckRunner(
        sandbox, Checkouts(bench.git, sandbox.owner), KeptLogs(), bench.data / "checks", seconds
    )
    checks = []
    for kind, line in zip(KINDS, commands, strict=False):
        command = prepare(line, {}, cwd)
        check_id = CheckId(Side.BACKEND, kind)
        checks.append(Check(check_id, command.argv, cwd, command.reader, command.report))
    subject = Subject(objects, commit, await objects.tree_of(commit))
    made = await runner.run(subject, checks, Environment("key", (), ()))
    assert list((bench.data / "checks").iterdir()) == []
    return made


async def test_each_check_has_a_checkout_of_its_own(bench: Bench, sandbox: Sandbox) -> None:
    first, second, third = await receipts(
        bench,
        sandbox,
        {"a.txt": "a"},
        "rm a.txt && touch left",
        "test -e a.txt && test ! -e left",
        "touch /tmp/x && test -e a.txt",
    )

    assert [r.status for r in (first, second, third)] == [CheckStatus.PASSED] * 3
    assert first.environment == "key"
    assert first.argv == ("/bin/bash", "-c", "rm a.txt && touch left")


async def test_a_check_runs_in_its_directory_without_network_or_secrets(
    bench: Bench, sandbox: Sandbox
) -> None:
    (receipt,) = await receipts(
        bench,
        sandbox,
        {"sub/a.txt": "a"},
        'test -e a.txt && test "$CI" = 1 && test "$(ls /sys/class/net 2>/dev/null)" != eth0',
        cwd="sub",
    )

    assert (receipt.status, receipt.exit_code) == (CheckStatus.PASSED, 0)


async def test_output_that_cannot_be_read_is_one_failure_with_its_last_line(
    bench: Bench, sandbox: Sandbox
) -> None:
    (receipt,) = await receipts(bench, sandbox, {"a": ""}, "echo one; echo it broke >&2; exit 9")

    assert (receipt.status, receipt.exit_code) == (CheckStatus.FAILED, 9)
    assert [failure.message for failure in receipt.failures] == ["it broke"]
    assert receipt.excerpt == "one\nit broke"


async def test_a_check_that_takes_too_long_did_not_run(bench: Bench, sandbox: Sandbox) -> None:
    (receipt,) = await receipts(bench, sandbox, {"a": ""}, "sleep 60", seconds=0.5)

    assert receipt.status is CheckStatus.DID_NOT_RUN
    assert receipt.reason == "It was stopped: timeout."
    assert receipt.exit_code is None
    assert receipt.failures == ()


async def test_a_program_that_is_missing_did_not_run(bench: Bench, sandbox: Sandbox) -> None:
    plain, shell, module = await receipts(
        bench, sandbox, {"a": ""}, "nonesuch .", "nonesuch . | cat && exit 127", "python3 -m pytest"
    )

    assert plain.status is CheckStatus.DID_NOT_RUN
    assert plain.reason == "`nonesuch` is not installed in the prepared environment."
    assert shell.reason == "`nonesuch` is not installed in the prepared environment."
    assert module.reason == "`pytest` is not installed in the prepared environment."


async def test_a_runner_that_finds_no_tests_did_not_run(bench: Bench, sandbox: Sandbox) -> None:
    (receipt,) = await receipts(bench, sandbox, {"a.py": ""}, "python3 -m unittest discover")

    assert (receipt.status, receipt.reason) == (CheckStatus.DID_NOT_RUN, "It found no tests.")


async def test_a_report_that_is_a_link_or_a_pipe_is_not_read(
    bench: Bench, sandbox: Sandbox
) -> None:
    module = "import os, sys\nos.{}\nprint('ran')\nsys.exit(1)\n"
    other = bench.host.root / "other"
    other.mkdir()
    hosts = bench.data / "of-the-host.xml"
    hosts.write_text(
        '<testsuite><testcase name="x"><failure message="read"/></testcase></testsuite>'
    )

    (linked,) = await receipts(
        bench,
        sandbox,
        {
            "pytest.py": module.format("symlink('LINK', '/tmp/phaseline-report')").replace(
                "LINK", str(hosts)
            )
        },
        "python3 -m pytest",
    )
    with git_bench(other) as second:
        (piped,) = await receipts(
            second,
            sandbox,
            {"pytest.py": module.format("mkfifo('/tmp/phaseline-report')")},
            "python3 -m pytest",
        )

    for receipt in (linked, piped):
        assert receipt.status is CheckStatus.FAILED
        assert [failure.message for failure in receipt.failures] == ["ran"]


async def test_a_failure_keeps_its_identity_when_lines_move(
    bench: Bench, sandbox: Sandbox, tmp_path: Path
) -> None:
    test = "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        {}\n"
    before = {"test_a.py": test.format("self.assertEqual(1, 2)")}
    after = {"test_a.py": "# moved\n\n" + test.format("self.assertEqual(1, 2)")}
    other = tmp_path / "other"
    other.mkdir()

    baseline = await receipts(bench, sandbox, before, "python3 -m unittest")
    with git_bench(other) as second:
        head = await receipts(second, sandbox, after, "python3 -m unittest")

    assert baseline[0].failures[0].line != head[0].failures[0].line
    assert compare(baseline, head).clean
