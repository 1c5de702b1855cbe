"""What a run finds at its base without a step: settings, rules, an environment and checks."""

import pytest

from phases.core.errors import BlockedError
from phases.core.ports import Workspaces
from phases.core.receipts import CheckKind, CheckStatus
from phases.core.submission import Side
from tests.app.workspace.git.project import Room, by_kind


def test_it_is_the_port_of_the_phases(room: Room) -> None:
    port: Workspaces = room.workspaces

    assert port is room.workspaces


async def test_the_base_is_the_tip_of_the_default_branch_with_its_places(room: Room) -> None:
    run = await room.started()

    assert run.base is not None
    assert run.base.sha == room.bench.host.tip("owner", "project", "main")
    assert run.base.places.of(Side.BACKEND) == ("src/**",)
    assert run.base.places.tests == ("tests/**",)
    assert run.base.places.of(Side.FRONTEND) == ()


async def test_agents_are_told_files_checks_and_what_is_not_configured(room: Room) -> None:
    run = await room.started()

    told = await room.workspaces.survey(run)

    assert "src/calculator.py (32 B)" in told.tree
    assert "- backend lint: `ruff check src`" in told.checks
    assert "- backend types: not configured" in told.checks


async def test_the_roster_is_read_at_the_base_commit(room: Room) -> None:
    run = await room.started()
    room.bench.host.push("owner", "project", {"CLAUDE.md": "Be loud.\n"})
    await room.bench.fetched()

    roster = await room.workspaces.roster(run)

    assert [(rule.path, rule.body) for rule in roster.rules] == [("CLAUDE.md", "Be plain.\n")]


async def test_an_environment_is_prepared_and_receipted_once(room: Room) -> None:
    run = await room.started()

    receipt, key = await room.workspaces.prepare(run)
    again, same = await room.workspaces.prepare(run)

    assert receipt is not None
    assert again is not None
    assert (receipt.status, receipt.environment) == (CheckStatus.PASSED, key)
    assert (again.reason, same) == ("installed already", key)


async def test_a_check_that_is_not_installed_did_not_run(room: Room) -> None:
    settings = "checks:\n  backend:\n    lint: nonesuch --all\n    tests: python3 -m pytest\n"
    run = await room.started({".github/phaseline.yml": settings, "a.py": "A = 1\n"})
    assert run.base is not None

    receipts = by_kind(await room.workspaces.check(run, run.base.sha))

    assert receipts[CheckKind.LINT].status is CheckStatus.DID_NOT_RUN
    assert receipts[CheckKind.LINT].reason == (
        "`nonesuch` is not installed in the prepared environment."
    )


async def test_settings_that_are_wrong_block_with_every_fault(room: Room) -> None:
    settings = "limits: {usd: 3}\ncolour: red\nchecks:\n  backend:\n    smell: sniff\n"

    with pytest.raises(BlockedError) as blocked:
        await room.started({".github/phaseline.yml": settings})

    assert "- `limits` is not supported yet." in str(blocked.value)
    assert "- `colour` is no setting." in str(blocked.value)
    assert "- `checks.backend.smell` is not known." in str(blocked.value)


async def test_a_prepare_that_fails_is_a_receipt_with_the_end_of_its_log(room: Room) -> None:
    run = await room.started(
        {".github/phaseline.yml": "setup: [echo no such package >&2; exit 3]\n"}
    )

    receipt, key = await room.workspaces.prepare(run)

    assert receipt is not None
    assert (receipt.status, receipt.exit_code, key) == (CheckStatus.FAILED, 3, "")
    assert "no such package" in receipt.excerpt
