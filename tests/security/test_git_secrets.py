"""Secrets stay out of commits, and tokens out of arguments, files and errors of git."""

import base64
import os
from pathlib import Path

import pytest

from app.workspace.leaks import Leaks
from app.workspace.redaction import redacted
from phases.core.errors import BlockedError, TransientError
from tests.app.workspace.git.hosting import readable
from tests.app.workspace.git.kit import FETCH_TOKEN, PUSH_TOKEN, REPOSITORY, Bench
from tests.security.repositories import BRANCH, FILES, MESSAGE, bench

__all__ = ["bench"]
SECRETS = [
    "ghs_" + "a1B2" * 10,
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 8,
    "sk-ant-api03-" + "a1B2" * 8,
    "AKIA" + "A1B2" * 4,
    "xoxb-1234567890-abcdef",
    "-----BEGIN RSA PRIVATE KEY-----",
    "postgres://user:hunter2hunter2@db/x",
    "API_KEY = 'q9X2mV7bTz4LpW8sKd3RfG6hJn1'",
]


@pytest.mark.parametrize("secret", SECRETS)
async def test_a_secret_is_not_committed_and_its_place_is_named(bench: Bench, secret: str) -> None:
    """ATTACK 48: by shape; the message names file and line, never the value."""
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    (root / "src" / "config.py").write_text(f"A = 1\n{secret}\n")

    with pytest.raises(BlockedError) as blocked:
        await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})

    assert "`src/config.py` line 2" in str(blocked.value)
    assert secret not in str(blocked.value)


def encodings(value: str) -> list[str]:
    data = value.encode()
    return [
        value,
        value[::-1],
        data.hex(),
        base64.b64encode(data).decode(),
        base64.b64encode(b"x" + data).decode(),
        base64.b64encode(b"xy" + data + b"z").decode(),
    ]


@pytest.mark.parametrize("form", encodings("a-value-that-only-we-know/7"))
def test_a_known_value_is_found_in_its_encodings(form: str) -> None:
    """ATTACK 48: the service's own secrets, also turned round, in hex and in base64."""
    leaks = Leaks(["a-value-that-only-we-know/7"])

    found = leaks.find(f"first\nx = {form}\n".encode(), b"first\n")

    assert [(leak.line, leak.what) for leak in found] == [
        (2, "a value that only this service knows")
    ]


def test_what_was_there_before_and_plain_examples_are_no_leak() -> None:
    """ATTACK 48: the scan is of what a commit adds, and documentation stays possible."""
    leaks = Leaks([])
    old = f"key = '{SECRETS[0]}'\n"
    text = f"{old}token = 'your-token-goes-here-please'\nAKIAIOSFODNN7EXAMPLE\nhttps://x/y@z\n"
    text += "postgres://postgres:postgres@db/x\nredis://developer:Developer@cache\n"

    assert leaks.find(text.encode(), old.encode()) == ()


async def test_the_token_is_in_no_argument_file_or_error(bench: Bench) -> None:
    """ATTACK 50: looked for in every command line while git talks, on disk, and in what it says."""
    base = bench.host.create("owner", "project", FILES)
    seen: list[str] = []
    bench.host.watch = lambda: seen.extend(command_lines())
    objects = await bench.fetched()
    await bench.remote.push(REPOSITORY, objects.gitdir, base, BRANCH)
    basic = base64.b64encode(f"x-access-token:{PUSH_TOKEN}".encode()).decode()
    bench.host.fail["git-receive-pack"] = 500
    bench.host.says = (
        f"http://x-access-token:{PUSH_TOKEN}@host Authorization: Basic {basic} {PUSH_TOKEN}\n"
    ).encode()
    with pytest.raises(TransientError) as failed:
        await bench.remote.push(REPOSITORY, objects.gitdir, base, "phaseline/13-other")

    everywhere = "\n".join([*seen, readable(bench.data), str(failed.value), repr(failed.value)])
    chain = failed.value.__cause__
    everywhere += f"{chain!r}{getattr(chain, 'stderr', '')}{getattr(chain, 'stdout', '')}"
    assert any("git" in line and "fetch" in line for line in seen)
    assert any("git" in line and "push" in line for line in seen)
    for secret in (PUSH_TOKEN, FETCH_TOKEN, basic):
        assert secret not in everywhere


def test_credentials_are_taken_out_of_text() -> None:
    """ATTACK 50: every form in which a token appears, the long one included."""
    long = "ghs_12345_" + "a.b-c_" * 80

    text = redacted(f"https://x-access-token:{long}@github.com/a/b {long} s3cret\x1b[31m", "s3cret")

    assert text == "https://[redacted]@github.com/a/b [redacted] [redacted]"


def command_lines() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except (OSError, UnicodeDecodeError):
                continue
    return found
