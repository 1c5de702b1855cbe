"""The container file and the manifests, held to what can be held without an engine."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
import sqlalchemy
import yaml

DOCKERFILE = Path("Dockerfile")
PROGRAMS = Path(sys.executable).parent
NOBODY = 65534
UNPRIVILEGED: tuple[str, ...] = ()
if os.geteuid() == 0:
    UNPRIVILEGED = (
        *("/usr/bin/setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY)),
        "--clear-groups",
    )


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").split("\n")
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line.strip()]


def test_the_container_file_is_clean_by_its_linter() -> None:
    found = subprocess.run(
        [PROGRAMS / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False
    )

    assert (found.returncode, found.stdout) == (0, "")


def test_the_service_is_not_root_and_has_an_init() -> None:
    given = instructions()

    assert [value for name, value in given if name == "USER"] == ["10001:10001"]
    (entry,) = [value for name, value in given if name == "ENTRYPOINT"]
    assert "/usr/bin/tini" in entry


def test_what_is_copied_exists_and_is_not_kept_out() -> None:
    kept = set(Path(".dockerignore").read_text().split())
    copied = [
        source
        for name, value in instructions()
        if name == "COPY" and "--from" not in value
        for source in value.split()[:-1]
    ]

    assert copied
    for source in copied:
        assert Path(source).exists()
        assert f"!{source}" in kept


def build_steps() -> list[str]:
    """The commands of the build stage that need no root."""
    given = instructions()
    end = [index for index, (name, _) in enumerate(given) if name == "FROM"][1]
    runs = [value for name, value in given[:end] if name == "RUN"]
    return [run for run in runs if "apt-get" not in run]


@pytest.mark.index
def test_the_build_steps_work_in_a_clean_directory_for_an_unprivileged_user(
    clean: Path,
) -> None:
    """The packages come from the index, as they do in a build."""
    for step in build_steps():
        done = subprocess.run(
            [*UNPRIVILEGED, "/bin/bash", "-euo", "pipefail", "-c", in_place(step, clean)],
            cwd=clean / "opt",
            env=environment(clean),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step}\n{done.stderr[-2000:]}"

    told = subprocess.run(
        [*UNPRIVILEGED, clean / "opt/.venv/bin/python", "-m", "app.cli", "--help"],
        cwd=clean / "opt",
        env=environment(clean),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Turn a labelled GitHub issue" in told.stdout
    assert list((clean / "opt/.venv").rglob("sqlalchemy/__pycache__/*.pyc"))


def test_what_was_set_up_is_compiled_so_that_no_start_has_to_do_it_again() -> None:
    for package in (anthropic, sqlalchemy):
        assert package.__file__ is not None
        assert Path(importlib.util.cache_from_source(package.__file__)).exists()


def in_place(step: str, clean: Path) -> str:
    return step.replace("/tmp/bootstrap", str(clean / "bootstrap"))


def environment(clean: Path) -> dict[str, str]:
    """The variables of a build, and those by which clients find their index and its certificate."""
    kept = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "HTTPS_PROXY", "NO_PROXY")
    given = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    return {**given, "PATH": "/usr/bin:/bin", "HOME": str(clean / "home"), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def clean() -> Iterator[Path]:
    """A directory with what the build copies, which an unprivileged user owns and can walk to."""
    place = Path(tempfile.mkdtemp(prefix="phaseline-build-"))
    home = place / "opt"
    home.mkdir()
    (place / "home").mkdir()
    for name in ("requirements-uv.lock", "requirements.lock", "pyproject.toml", "README.md"):
        shutil.copy(name, home)
    for name in ("app", "phases", "agents", "migrations"):
        ignore = shutil.ignore_patterns("samples", "__pycache__")
        shutil.copytree(name, home / name, ignore=ignore)
    if os.geteuid() == 0:
        subprocess.run(["/bin/chown", "-R", f"{NOBODY}:{NOBODY}", place], check=True)
    yield place
    shutil.rmtree(place)


def test_the_manifests_fit_the_schemas_of_kubernetes() -> None:
    found = subprocess.run(
        [PROGRAMS / "kubernetes-validate", "--strict", "deploy/kubernetes.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stderr.count("passed") + found.stdout.count("passed") == 3


def test_every_command_of_the_manifests_is_one_of_the_programs() -> None:
    compose = yaml.safe_load(Path("compose.yaml").read_text())
    documents = yaml.safe_load_all(Path("deploy/kubernetes.yaml").read_text())
    asked = [service["command"] for service in compose["services"].values() if "command" in service]
    asked += [
        container["args"]
        for document in documents
        if document["kind"] == "Deployment"
        for container in document["spec"]["template"]["spec"]["containers"]
    ]

    for words in asked:
        told = subprocess.run(
            [sys.executable, "-m", "app.cli", words[0], "--help"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert told.returncode == 0, shlex.join(words)
        assert all(word in told.stdout for word in words[1:])
    assert len(asked) == 4


def test_what_starts_is_a_database_one_web_process_and_three_workers() -> None:
    services = yaml.safe_load(Path("compose.yaml").read_text())["services"]

    assert {name: service.get("command") for name, service in services.items()} == {
        "database": None,
        "web": ["serve", "--no-worker"],
        "worker": ["work"],
    }
    assert services["database"]["image"].startswith("postgres:")
    assert services["worker"]["deploy"]["replicas"] == 3
    assert [pod(part)["replicas"] for part in ("web", "worker")] == [1, 3]


def test_workers_have_what_the_cage_needs_and_the_web_process_has_none_of_it() -> None:
    """By docs/sandbox.md. A cluster refuses an unmasked /proc outside a user namespace."""
    web, worker = (pod(part)["template"]["spec"] for part in ("web", "worker"))
    (inside,) = worker["containers"]

    assert worker["hostUsers"] is False
    assert worker["securityContext"]["runAsNonRoot"] is True
    assert worker["securityContext"]["seccompProfile"] == {"type": "Unconfined"}
    assert inside["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "procMount": "Unmasked",
        "appArmorProfile": {"type": "Unconfined"},
        "capabilities": {"drop": ["ALL"]},
    }
    assert web["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert "procMount" not in web["containers"][0]["securityContext"]


def pod(part: str) -> Any:
    documents = yaml.safe_load_all(Path("deploy/kubernetes.yaml").read_text())
    (found,) = (d["spec"] for d in documents if d["metadata"]["name"] == f"phaseline-{part}")
    return found


def test_the_readme_says_what_has_never_been_started() -> None:
    text = " ".join(Path("README.md").read_text().split())

    assert (
        "`compose.yaml` and `deploy/kubernetes.yaml` are there, and have never been started" in text
    )


def test_workers_stop_in_peace_before_they_are_killed() -> None:
    compose = yaml.safe_load(Path("compose.yaml").read_text())

    assert compose["services"]["worker"]["stop_grace_period"] == "40s"


def test_workers_share_no_files() -> None:
    compose = yaml.safe_load(Path("compose.yaml").read_text())

    assert "volumes" not in compose["services"]["worker"]
    assert list(compose["volumes"]) == ["database"]
