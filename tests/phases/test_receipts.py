from dataclasses import replace

from phases.core.receipts import CheckKind, CheckStatus, Failure, compare
from tests.fakes.outside import receipt

BASE = "a" * 40
HEAD = "b" * 40


def test_a_failure_that_moved_to_another_line_is_not_new() -> None:
    old = receipt(BASE, CheckKind.LINT, "unused import at line 3")
    moved = replace(old.failures[0], line=70, message="unused import at line 70")

    result = compare((old,), (replace(old, commit=HEAD, failures=(moved,)),))

    assert result.clean
    assert result.pre_existing == (moved,)


def test_one_more_of_a_known_failure_is_new() -> None:
    old = receipt(BASE, CheckKind.LINT, "unused import")
    twice = receipt(HEAD, CheckKind.LINT, "unused import", "unused import")

    result = compare((old,), (twice,))

    assert len(result.new) == 1
    assert len(result.pre_existing) == 1


def test_the_same_message_in_another_file_is_new() -> None:
    old = receipt(BASE, CheckKind.TYPES, "bad type")
    elsewhere = replace(old.failures[0], file="back/b.py")

    result = compare((old,), (replace(old, failures=(elsewhere,)),))

    assert result.new == (elsewhere,)


def test_a_path_in_a_message_does_not_make_a_failure_new() -> None:
    one = receipt(BASE, CheckKind.TESTS, "no such file: /tmp/run-1/x.db")
    two = receipt(HEAD, CheckKind.TESTS, "no such file: /tmp/run-2/y.db")

    assert compare((one,), (two,)).clean


def test_a_check_that_did_not_run_before_either_is_no_news() -> None:
    idle = receipt(BASE, CheckKind.TESTS, status=CheckStatus.DID_NOT_RUN, exit_code=None)

    assert compare((idle,), (replace(idle, commit=HEAD),)).clean


def test_a_check_that_no_longer_runs_is_news() -> None:
    ran = receipt(BASE, CheckKind.TESTS)
    idle = receipt(HEAD, CheckKind.TESTS, status=CheckStatus.DID_NOT_RUN, exit_code=None)

    result = compare((ran,), (idle,))

    assert not result.clean
    assert result.did_not_run == (idle,)


def test_a_check_that_vanished_does_not_pass_for_green() -> None:
    ran = receipt(BASE, CheckKind.TESTS)

    result = compare((ran, receipt(BASE, CheckKind.LINT)), (receipt(HEAD, CheckKind.LINT),))

    assert [idle.check.kind for idle in result.did_not_run] == [CheckKind.TESTS]
    assert not result.clean


def test_identity_holds_check_file_rule_and_message() -> None:
    failure = receipt(BASE, CheckKind.LINT, "line 3 of src/a/b.py is too long").failures[0]

    assert isinstance(failure, Failure)
    assert failure.identity == ("backend lint", "back/a.py", "rule", "line  of  is too long")
