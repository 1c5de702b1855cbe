"""Bare repositories served by `git http-backend` on loopback, as GitHub serves them.

It notes who asked for what, and can be told to fail. It is not the stand-in GitHub: only its git.
"""

import base64
import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

AUTHOR = {
    "GIT_AUTHOR_NAME": "maintainer",
    "GIT_AUTHOR_EMAIL": "maintainer@example.invalid",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_NAME": "maintainer",
    "GIT_COMMITTER_EMAIL": "maintainer@example.invalid",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
}
_CLEAN = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def git(*arguments: str, cwd: Path, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=cwd,
        env=_CLEAN | AUTHOR,
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@dataclass
class Asked:
    """One request: method, path with query, and the token it carried."""

    method: str
    target: str
    token: str | None


@dataclass
class GitHost:
    """A running server.

    `moved` maps what a repository was called to what it is called now: requests are sent on, as
    GitHub does it.
    `fail` maps a service (`git-receive-pack`) to a status it answers with, saying `says`; `faults`
    are met once each, in turn, by the requests whose target ends so: a status, or None for a
    connection dropped behind the effect. `watch` is called on each request.
    """

    root: Path
    tokens: set[str]
    asked: list[Asked] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    fail: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[str, int | None]] = field(default_factory=list)
    says: bytes = b"no\n"
    watch: Callable[[], None] | None = None
    url: str = ""

    def bare(self, owner: str, name: str) -> Path:
        return self.root / owner / f"{name}.git"

    def create(self, owner: str, name: str, files: dict[str, str]) -> str:
        """Make a repository with one commit on main; return the commit."""
        work = self.root / "work" / name
        work.mkdir(parents=True)
        git("init", "-q", "-b", "main", ".", cwd=work)
        return self.push(owner, name, files)

    def push(self, owner: str, name: str, files: dict[str, str], branch: str = "main") -> str:
        """Commit files on a branch and bring it to the server; return the commit."""
        work = self.root / "work" / name
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        git("add", "-A", "-f", cwd=work)
        git("commit", "-q", "-m", "chore: change files", cwd=work)
        bare = self.bare(owner, name)
        if not bare.exists():
            git("clone", "-q", "--bare", str(work), str(bare), cwd=self.root)
        git("push", "-q", str(bare), f"HEAD:refs/heads/{branch}", cwd=work)
        return git("rev-parse", "HEAD", cwd=work)

    def tip(self, owner: str, name: str, branch: str) -> str:
        return git("rev-parse", f"refs/heads/{branch}", cwd=self.bare(owner, name))

    def hook(self, owner: str, name: str, script: str) -> None:
        """Make the server refuse pushes as a rule of a repository would."""
        hook = self.bare(owner, name) / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n")
        hook.chmod(0o755)


class _Handler(BaseHTTPRequestHandler):
    host: GitHost

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            body = b""
            while size := int(self.rfile.readline().strip(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self._serve(body)
        else:
            self._serve(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _serve(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        token = _token(self.headers.get("Authorization", ""))
        if self.host.watch is not None:
            self.host.watch()
        self.host.asked.append(Asked(self.command, self.path, token))
        service = parts.query.partition("service=")[2] or parts.path.rpartition("/")[2]
        if self.host.faults and self.path.endswith(self.host.faults[0][0]):
            status = self.host.faults.pop(0)[1]
            if status is None:
                self._backend(parts.path, parts.query, body)
                self.close_connection = True
            else:
                self._answer(status, [("Content-Type", "text/plain")], self.host.says)
        elif (old := "/".join(parts.path.split("/")[1:3])) in self.host.moved:
            there = self.path.replace(old, self.host.moved[old], 1)
            self._answer(301, [("Location", f"{self.host.url}{there}")], b"")
        elif service in self.host.fail:
            self._answer(self.host.fail[service], [("Content-Type", "text/plain")], self.host.says)
        elif token not in self.host.tokens:
            self._answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
        else:
            self._answer(*self._backend(parts.path, parts.query, body))

    def _backend(
        self, path: str, query: str, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        environment = _CLEAN | {
            "GIT_PROJECT_ROOT": str(self.host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "app",
            "REMOTE_ADDR": "127.0.0.1",
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True, check=False
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().split("\r\n"):
            key, _, value = line.partition(": ")
            if key.lower() == "status":
                status = int(value.split()[0])
            elif key:
                headers.append((key, value))
        return status if head else 500, headers, rest

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def _token(header: str) -> str | None:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    user, _, password = base64.b64decode(value).decode().partition(":")
    return password if user == "x-access-token" else None


class Serving:
    """Runs a host on a free port of loopback for the length of a `with`."""

    def __init__(self, root: Path, tokens: set[str]) -> None:
        self.host = GitHost(root, tokens)
        handler = type("Handler", (_Handler,), {"host": self.host})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.host.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> GitHost:
        self._thread.start()
        return self.host

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def readable(path: Path) -> str:
    """Return every byte below a directory as text, for looking for what must not be there."""
    found = []
    for directory, _, files in os.walk(path):
        found += [(Path(directory) / name).read_bytes().decode("latin-1") for name in files]
    return "\n".join(found)
