"""Git against repositories and agents that mean harm: nothing of theirs runs, nothing leaks."""

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.workspace import names
from app.workspace.checkout import MOST_FILE_BYTES, MOST_FILES, guard
from app.workspace.git import GitError
from app.workspace.leaks import Leaks
from app.workspace.message import commit_text, trailer
from app.workspace.objects import Entry
from app.workspace.redaction import redacted
from app.workspace.remote import branch_is_ours
from phases.core.errors import BlockedError, TransientError
from phases.core.model import Repository
from phases.core.submission import CommitMessage
from tests.app.workspace.git.hosting import git, readable
from tests.app.workspace.git.kit import FETCH_TOKEN, PUSH_TOKEN, REPOSITORY, Bench, git_bench

BRANCH = "phaseline/12-add-a-thing"
FILES = {"README.md": "# Project\n", "src/app.py": "print('a')\n"}
MESSAGE = CommitMessage("feat", None, "add a thing", None)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with git_bench(tmp_path) as bench:
        yield bench


def arm(root: Path, canary: Path) -> None:
    """Put every known way to have git run a command into a tree and into repositories within it."""
    script = root / "run.sh"
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    config = (
        f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = {script}\n"
        f"\tsshCommand = {script}\n\thooksPath = {root}/hooks\n\tpager = {script}\n"
        f"\teditor = {script}\n"
        f"[diff]\n\texternal = {script}\n"
        f'[diff "x"]\n\ttextconv = {script}\n\tcommand = {script}\n'
        f'[filter "x"]\n\tclean = {script}\n\tsmudge = {script}\n\trequired = true\n'
        f"[gpg]\n\tprogram = {script}\n[commit]\n\tgpgsign = true\n"
    )
    (root / "hooks").mkdir()
    for hook in ("pre-commit", "post-checkout", "post-index-change", "reference-transaction"):
        (root / "hooks" / hook).symlink_to(script)
    (root / "more.config").write_text(config)
    config += f"[include]\n\tpath = {root}/more.config\n"
    (root / ".gitconfig").write_text(config)
    (root / ".gitattributes").write_text("* filter=x diff=x\n")
    for place in (root / ".git", root / "nested" / ".git"):
        place.parent.mkdir(exist_ok=True)
        subprocess.run(["git", "init", "-q", place.parent], check=True)
        (place / "config").write_text(config)
        (place / "info").mkdir(exist_ok=True)
        (place / "info" / "attributes").write_text("* filter=x diff=x\n")
    (root / "nested" / "file.txt").write_text("x")


async def test_nothing_that_a_tree_configures_for_git_is_run(bench: Bench, tmp_path: Path) -> None:
    """ATTACK 40: hooks, fsmonitor, filters, textconv, external diffs, includes, nested ones too."""
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    canary = tmp_path / "executed"
    start = await tree.keep()
    arm(root, canary)
    (root / "src" / "app.py").write_text("print('b')\n")

    refused = [change.path for change in (await tree.differences()).changes if change.refusal]
    snapshot = await tree.keep()
    await tree.put_back_paths((*refused, "run.sh", ".gitattributes", "more.config", ".gitconfig"))
    commit = await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})
    await objects.diff(base, commit.sha, most=10_000)
    await bench.remote.push(REPOSITORY, objects.gitdir, commit.sha, BRANCH)
    await tree.put_back(snapshot)
    await tree.put_back(start)

    assert not canary.exists()
    assert "nested/.git" in refused


def test_the_same_tree_runs_its_commands_when_git_is_asked_plainly(tmp_path: Path) -> None:
    """ATTACK 40, the control: the probe above would have been seen."""
    root, canary = tmp_path / "tree", tmp_path / "executed"
    root.mkdir()
    arm(root, canary)

    subprocess.run(
        ["git", "status"],
        cwd=root,
        check=False,
        capture_output=True,
    )

    assert canary.exists()


async def test_submodules_are_never_followed(bench: Bench, tmp_path: Path) -> None:
    """ATTACK 41: a submodule whose address is a command, and one that points at this host."""
    canary = tmp_path / "executed"
    modules = (
        f'[submodule "a"]\n\tpath = a\n\turl = ext::sh -c touch% {canary}\n'
        f'[submodule "b"]\n\tpath = b\n\turl = {bench.host.url}/owner/secret.git\n'
        '[submodule "c"]\n\tpath = c\n\turl = file:///etc\n'
    )
    base = bench.host.create("owner", "project", FILES | {".gitmodules": modules})
    work = bench.host.root / "work" / "project"
    for path in ("a", "b", "c"):
        git("update-index", "--add", "--cacheinfo", f"160000,{base},{path}", cwd=work)
    git("commit", "-q", "-m", "chore: add submodules", cwd=work)
    git("push", "-q", str(bench.host.bare("owner", "project")), "HEAD:main", cwd=work)

    tree, _ = await bench.tree(git("rev-parse", "HEAD", cwd=work))

    assert (await tree.differences()).changes == ()
    assert not canary.exists()
    assert {asked.target.split("/")[2] for asked in bench.host.asked} == {"project.git"}


@pytest.mark.parametrize("transport", ["ext::sh -c id", "file:///etc", "ssh://host/x", "git://h/x"])
async def test_no_other_transport_is_spoken(bench: Bench, transport: str, tmp_path: Path) -> None:
    """ATTACK 41: whatever address reached git, only the configured scheme is allowed."""
    bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()

    with pytest.raises(GitError, match="not allowed"):
        await bench.git.run(objects.gitdir, "fetch", "--end-of-options", transport)


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"
LARGE_FILES = {
    "big.bin": POINTER,
    ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a user who has set large files up: their filter leaves `filtered` in it."""
    home = tmp_path / "home"
    home.mkdir()
    canary = home / "filtered"
    filters = f"smudge = touch {canary} && cat\n\tclean = touch {canary} && cat\n"
    (home / ".gitconfig").write_text(f'[filter "lfs"]\n\t{filters}\trequired = true\n')
    monkeypatch.setenv("HOME", str(home))
    return home


async def test_large_file_pointers_stay_text_and_nobody_is_asked_for_them(
    home: Path, bench: Bench
) -> None:
    """ATTACK 42: an `.lfsconfig` that names another server."""
    settings = f"[lfs]\n\turl = {bench.host.url}/steal/lfs\n"
    base = bench.host.create("owner", "project", LARGE_FILES | {".lfsconfig": settings})

    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    (root / "other.bin").write_text(POINTER)
    await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})

    assert (root / "big.bin").read_text() == POINTER
    assert not (home / "filtered").exists()
    assert not any("lfs" in asked.target for asked in bench.host.asked)


def test_a_plain_clone_runs_the_filter_of_large_files(home: Path, bench: Bench) -> None:
    """ATTACK 42, the control: the filter above would have been seen."""
    bench.host.create("owner", "project", LARGE_FILES)
    bare, clone = bench.host.bare("owner", "project"), home / "clone"

    subprocess.run(["git", "clone", "-q", "-b", "main", bare, clone], check=True)

    assert (home / "filtered").exists()


DISGUISES = [
    ".GIT",
    ".Git",
    "git~1",
    "GIT~2",
    ".g\u200cit",
    ".git\u200d",
    "\ufeff.git",
    ".git ",
    ".git.",
    ".git . .",
    ".git::$INDEX_ALLOCATION",
    "\uff0egit",
    ".\uff47it",
    "x\\.git\\config",
]


@pytest.mark.parametrize("name", DISGUISES)
async def test_a_git_directory_in_disguise_is_refused(bench: Bench, name: str) -> None:
    """ATTACK 43: names that some file system takes for `.git`, as directory and as file."""
    base = bench.host.create("owner", "project", FILES)
    tree, root = await bench.tree(base)
    objects = await bench.fetched()
    (root / "src" / name).mkdir()
    (root / "src" / name / "config").write_text("[core]\n")

    changes = (await tree.differences()).changes

    assert len(changes) == 1
    assert changes[0].refusal
    with pytest.raises(BlockedError, match="Nothing was committed"):
        await bench.committer().commit(bench.place(objects, base), tree, MESSAGE, {})


@pytest.mark.parametrize(
    "name", [".GITMODULES", ".gitmodules ", ".g\u200citmodules", ".gitMODULES"]
)
def test_a_disguised_settings_file_of_git_is_refused(name: str) -> None:
    """ATTACK 43: what one machine takes for `.gitmodules` and another does not."""
    assert "passes for .gitmodules" in names.refusal(name.encode())
    assert names.refusal(b".gitmodules") == ""


async def test_a_repository_that_holds_such_a_name_is_not_taken(bench: Bench) -> None:
    """ATTACK 43: the name is in a commit already."""
    bench.host.create("owner", "project", FILES)
    bare = bench.host.bare("owner", "project")
    blob = git("hash-object", "-w", "--stdin", cwd=bare, stdin=b"[core]\n")
    inner = git("mktree", cwd=bare, stdin=f"100644 blob {blob}\tconfig\n".encode())
    outer = git("mktree", cwd=bare, stdin=f"040000 tree {inner}\t.GIT\n".encode())
    commit = git("commit-tree", outer, "-m", "x", cwd=bare)
    git("update-ref", "refs/heads/evil", commit, cwd=bare)

    with pytest.raises(BlockedError, match="holds what git refuses"):
        await bench.mirrors.refresh(REPOSITORY)


def test_a_tree_that_is_too_much_is_refused_before_a_file_is_written() -> None:
    """ATTACK 44: too many files, a file that is too large, all of it too large, long paths."""
    small = Entry("100644", "0" * 40, 1)
    large = Entry("100644", "0" * 40, MOST_FILE_BYTES + 1)
    half = Entry("100644", "0" * 40, MOST_FILE_BYTES)

    with pytest.raises(BlockedError, match="holds 100001 files"):
        guard({b"%d" % number: small for number in range(MOST_FILES + 1)})
    with pytest.raises(BlockedError, match="too large: `big`"):
        guard({b"big": large})
    with pytest.raises(BlockedError, match="too large"):
        guard({b"%d" % number: half for number in range(9)})
    with pytest.raises(BlockedError, match="a path of 3000 bytes"):
        guard({b"x" * 3000: small})


@pytest.mark.parametrize("name", [b"a\nb", b"a\x1bb", b"\xff\xfe", b"x" * 256, b"a/\xe2\x80\xa8/b"])
def test_names_that_cannot_be_shown_are_refused(name: bytes) -> None:
    """ATTACK 44: control characters, other encodings, line separators, lengths."""
    assert names.refusal(name)
    assert names.shown(name).isprintable()


async def test_a_push_without_the_workflow_permission_is_a_state_that_people_see(
    bench: Bench,
) -> None:
    """ATTACK 45: GitHub refuses the push; it is not tried again."""
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    rule = "refusing to allow a GitHub App to create or update workflow without `workflows`"
    bench.host.hook("owner", "project", f"echo '{rule}'; exit 1")

    with pytest.raises(BlockedError, match="refusing to allow a GitHub App"):
        await bench.remote.push(REPOSITORY, objects.gitdir, base, BRANCH)


BRANCHES = [
    "main",
    "refs/heads/main",
    "-f",
    "--force",
    "+phaseline/1-x",
    "phaseline/1-x:refs/heads/main",
    "phaseline/1-a..b",
    "phaseline/1-@{x",
    "phaseline/1-x.lock",
    "phaseline/0-x",
    "phaseline/1-X",
    "phaseline/1-x/y",
    "phaseline/1-x\n",
    "someone/1-x",
]


@pytest.mark.parametrize("branch", BRANCHES)
async def test_no_branch_but_the_runs_own_is_ever_pushed_to(bench: Bench, branch: str) -> None:
    """ATTACK 46: a name that means more than itself, or somebody else's branch."""
    base = bench.host.create("owner", "project", FILES)
    objects = await bench.fetched()
    asked = len(bench.host.asked)

    with pytest.raises(BlockedError, match="no branch of Phaseline's"):
        await bench.remote.push(REPOSITORY, objects.gitdir, base, branch)

    assert len(bench.host.asked) == asked
    assert branch_is_ours("phaseline/12-add-a-thing-2")


@pytest.mark.parametrize("name", ["..", "a/b", "x.git/../y", "-x y", "a\nb", "a?b=c", "x@host"])
async def test_an_address_is_built_from_plain_names_only(bench: Bench, name: str) -> None:
    """ATTACK 46: a repository's name that would lead git elsewhere."""
    with pytest.raises(BlockedError, match="cannot be part of a repository's name"):
        bench.remote.url(Repository(7, "owner", name, 1, "main"))


def test_a_commit_message_orders_nobody_about() -> None:
    """ATTACK 47: trailers, skip directives, closing keywords, mentions, other line ends."""
    message = CommitMessage(
        "feat",
        "api",
        "add [skip ci] x\r\nCo-authored-by: somebody <s@example.invalid>",
        "Fixes #12 and closes owner/other#3, thanks @maintainer.\r\n"
        "Signed-off-by: somebody <s@example.invalid>\n"
        "skip-checks: true\n\n"
        "Phaseline-Work: other-run/implementation/backend-developer/1",
    )

    text = commit_text(message, {"Phaseline-Work": "run-1/x\nInjected-By: y"})

    assert text.splitlines()[0].startswith("feat(api): add x Co-authored-by")
    assert text.count("Phaseline-Work") == 1
    assert trailer(text, "Phaseline-Work") == "run-1/x Injected-By: y"
    assert trailer(text, "Injected-By") is None
    for order in ("[skip ci]", "Signed-off-by", "skip-checks", "#12", "#3", "@maintainer", "\r"):
        assert order not in text


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


async def test_a_commit_that_no_branch_holds_is_not_worked_on(bench: Bench) -> None:
    """ATTACK 49: an object of a fork, or one that dangles, is never fetched by its name."""
    base = bench.host.create("owner", "project", FILES)
    bare = bench.host.bare("owner", "project")
    tree = git("rev-parse", f"{base}^{{tree}}", cwd=bare)
    dangling = git("commit-tree", tree, "-p", base, "-m", "not on a branch", cwd=bare)
    forked = git("commit-tree", tree, "-p", base, "-m", "of a fork's pull request", cwd=bare)
    git("update-ref", "refs/pull/1/head", forked, cwd=bare)

    objects = await bench.fetched()

    assert await objects.has_commit(base)
    assert not await objects.has_commit(dangling)
    assert not await objects.has_commit(forked)
    assert not await objects.has_commit("--upload-pack=id")


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
