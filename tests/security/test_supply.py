"""What Phaseline itself is made of: exactly what its locks name, byte for byte. Attack 75."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
# What installs by a lock, and what brings the installer.
INSTALLERS = ("scripts/setup", "scripts/setup-tests", "Dockerfile")
_PINNED = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>\S+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(lock: Path) -> list[str]:
    """Return the requirements of a lock, each as one line without comments."""
    lines = (line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#"))
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def pinned(lock: Path) -> dict[str, str]:
    found = (_PINNED.match(line) for line in requirements(lock))
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_dependency_is_pinned_to_one_version_and_to_hashes_of_its_files(lock: Path) -> None:
    """Attack 75."""
    loose = [
        line for line in requirements(lock) if not _PINNED.match(line) or not _HASH.search(line)
    ]

    assert requirements(lock)
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address_so_that_no_other_index_can_be_slipped_in(lock: Path) -> None:
    """Attack 75."""
    assert (
        re.findall(r"https?:|--(?:extra-)?index-url|--find-links|git\+|file:", lock.read_text())
        == []
    )


@pytest.mark.parametrize("path", INSTALLERS)
def test_whatever_installs_packages_asks_for_hashes(path: str) -> None:
    """Attack 75."""
    text = (ROOT / path).read_text().replace("\\\n", " ")
    installs = [
        line
        for line in text.splitlines()
        if re.search(r"\bpip(\S* --\S+)* (install|sync)\b", line) and "lock" in line
    ]

    assert all("--require-hashes" in line for line in installs), installs
    assert installs or path == "scripts/setup-tests"


def test_what_runs_here_is_what_the_locks_name() -> None:
    """Attack 75."""
    known: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, version in pinned(lock).items():
            known.setdefault(name, set()).add(version)
    here = {
        re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(): found.version
        for found in distributions()
    }

    strangers = {
        name: version
        for name, version in here.items()
        if name != "phaseline" and version not in known.get(name, ())
    }

    assert strangers == {}


def test_a_library_that_does_not_import_with_its_next_version_is_kept_below_it() -> None:
    """Attack 75."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert "hishel>=1.3,<2" in project["dependencies"]


def test_the_team_is_text_and_no_package_of_that_name_is_ever_imported() -> None:
    """Attack 75: an `agents` of somebody else lies on the package index."""
    imports = re.compile(r"^\s*(?:from|import) agents\b", re.MULTILINE)
    product = [*ROOT.glob("app/**/*.py"), *ROOT.glob("phases/**/*.py")]

    assert [path for path in product if imports.search(path.read_text())] == []
    assert list((ROOT / "agents").rglob("*.py")) == []
