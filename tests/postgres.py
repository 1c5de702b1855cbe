"""A private PostgreSQL for the tests: its own directory, its own socket, no port, no other user."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

SUPERUSER = "phaseline"


class PostgresMissingError(RuntimeError):
    """There is no PostgreSQL to test on; `make test` installs it."""


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found:
        return str(found[-1])
    on_path = shutil.which(name)
    if on_path is None:
        raise PostgresMissingError("PostgreSQL is missing: apt-get install postgresql")
    return on_path


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    return ["/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server and yield the directory of its socket."""
    # Short and walkable: a socket's path has 107 characters, and the server is another user.
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    home.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = home / "data"
    _run(_program("initdb"), "-D", str(data), "-U", SUPERUSER, "--auth=trust", "--no-sync")
    start_server(str(home))
    try:
        yield str(home)
    finally:
        stop_server(str(home))
        shutil.rmtree(home)


def start_server(socket: str) -> None:
    """Start the server whose socket is there."""
    options = f"-c listen_addresses= -c unix_socket_directories={socket} -c fsync=off"
    _run(*_control(socket), "-o", options, "-l", f"{socket}/log", "start")


def stop_server(socket: str) -> None:
    """Stop it as a failure would."""
    _run(*_control(socket), "-m", "immediate", "stop")


def _control(socket: str) -> tuple[str, ...]:
    return (_program("pg_ctl"), "-D", f"{socket}/data", "-s", "-w")


def _run(*argv: str) -> None:
    subprocess.run(
        [*_as_postgres(), *argv],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        cwd="/",
    )


def url_of(socket: str, database: str) -> str:
    """Return the URL of a database as the settings take it."""
    return f"postgresql://{SUPERUSER}@/{database}?host={socket}"


def create_database(socket: str, name: str, template: str = "template1") -> str:
    """Create a database, a copy of another one, and return its URL."""
    with psycopg.connect(
        f"postgresql://{SUPERUSER}@/postgres?host={socket}", autocommit=True
    ) as connection:
        connection.execute(f'create database "{name}" template "{template}"')
    return url_of(socket, name)


def drop_database(socket: str, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with psycopg.connect(
        f"postgresql://{SUPERUSER}@/postgres?host={socket}", autocommit=True
    ) as connection:
        connection.execute(f'drop database "{name}" with (force)')
