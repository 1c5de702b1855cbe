"""Holds whatever stand-ins noted while the tests ran to GitHub's contract; a finding fails them.

Every stand-in of the suite, in this process or another, writes its log below pytest's temporary
folder: there it is read when all tests of a process have ended.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.folder import Report, folders_below, held, held_inventions
from tests.contract.invented import LOG
from tests.forking import ForkServer, fork_server

# What plays whole runs with real processes takes minutes a module.
LONGEST = ("test_kill_matrix.py", "acceptance", "recovery", "durability")

_REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_REPORT] = Report()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What takes minutes begins first, so that no worker is left alone with it at the end.
    items.sort(key=lambda item: _rank(item.path))


def _rank(path: Path) -> int:
    names = (path.name, path.parent.name)
    return next((rank for rank, name in enumerate(LONGEST) if name in names), len(LONGEST))


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """What starts a test's processes without importing everything anew; one for all tests."""
    with fork_server(tmp_path_factory.mktemp("forks") / "fork-server.log") as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _contract(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[None]:
    yield
    report = pytestconfig.stash[_REPORT]
    folder = tmp_path_factory.getbasetemp()
    report.add(held(folders_below(folder)))
    report.add(held_inventions(folder.rglob(LOG)))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    report = session.config.stash[_REPORT]
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        # One process of several: the one that waits for all of them adds up.
        output["contract"] = report.to_json()
    elif report.findings and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    output = getattr(node, "workeroutput", {})
    config: pytest.Config = node.config  # type: ignore[attr-defined]  # xdist has no types
    if "contract" in output:
        config.stash[_REPORT].add(Report.from_json(output["contract"]))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    report = config.stash[_REPORT]
    if report.exchanges or report.deliveries or report.findings:
        for line in report.lines():
            terminalreporter.write_line(line)
