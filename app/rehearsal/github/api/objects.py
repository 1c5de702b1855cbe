"""Commits, trees and blobs of the Git database API."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.signatures import commit_text, noreply, signature
from app.rehearsal.github.api.call import Reply
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.git.bare import Change
from app.rehearsal.github.git.plumbing import GitError
from app.rehearsal.github.views.commits import git_commit

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Body, Call
    from app.rehearsal.github.git.bare import Entry

GIT = "https://docs.github.com/rest/git"
MODES = ("100644", "100755", "040000", "160000", "120000")
# docs.github.com/rest/git/trees: the limit of a recursive listing is 100,000 entries.
MOST_ENTRIES = 100_000


def get_commit(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/git/commits/{commit_sha}."""
    found = (
        call.git.commit(call.path["sha"]) if call.git.kind(call.path["sha"]) == "commit" else None
    )
    if found is None:
        raise refusals.not_found(f"{GIT}/commits#get-a-commit-object")
    return Reply(200, git_commit(call.context, call.repository, found))


def create_commit(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/git/commits: author and committer as given, else the asker."""
    body = call.body
    message, tree, parents = body.text("message"), body.text("tree"), body.texts("parents")
    if call.git.kind(tree) != "tree":
        raise refusals.unprocessable("Tree SHA does not exist")
    for parent in parents:
        if call.git.kind(parent) != "commit":
            raise refusals.unprocessable("Parent SHA does not exist or is not a commit object")
    author = signature_of(call, body.part("author"), "author")
    committer = author
    if body.has("committer"):
        committer = signature_of(call, body.part("committer"), "committer")
    try:
        sha = call.git.write_commit(commit_text(tree, parents, author, committer, message))
    except GitError as error:
        raise refusals.unprocessable("Invalid commit") from error
    found = call.git.commit(sha)
    if found is None:
        raise refusals.unprocessable("Invalid commit")
    shown = git_commit(call.context, call.repository, found)
    return Reply(201, shown, {"Location": shown["url"]})


def signature_of(call: Call, given: Body, role: str) -> str:
    """Read an author or committer; who is not given is the asker, now.

    Raises:
        RefusedError: 422 for a date or a name that git cannot keep.
    """
    account, date = call.context.account, given.optional_text("date")
    name = given.optional_text("name") or account.login
    email = given.optional_text("email") or noreply(account)
    try:
        moment = datetime.fromisoformat(date) if date else call.context.now
        return signature(name, email, moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError as error:
        raise refusals.invalid_field("Commit", role) from error


def get_tree(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/git/trees/{tree_sha}: the tree of a commit, branch or tree id."""
    git, wanted = call.git, call.path["sha"]
    tree = wanted if git.kind(wanted) in {"tree", "commit"} else git.resolve(wanted)
    if tree is None:
        raise refusals.not_found(f"{GIT}/trees#get-a-tree")
    recursive = "recursive" in call.query
    return Reply(200, _tree(call, tree, recursive=recursive))


def _tree(call: Call, tree: str, *, recursive: bool) -> dict[str, Any]:
    entries = call.git.entries(tree, recursive=recursive)
    url = call.context.site.rest(call.repository)
    commit = call.git.commit(tree) if call.git.kind(tree) == "commit" else None
    sha = commit.tree if commit else tree
    return {
        "sha": sha,
        "url": f"{url}/git/trees/{sha}",
        "tree": [_entry(url, entry) for entry in entries[:MOST_ENTRIES]],
        "truncated": len(entries) > MOST_ENTRIES,
    }


def _entry(url: str, entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "path": entry.path,
        "mode": entry.mode,
        "type": entry.kind,
        "sha": entry.sha,
    }
    if entry.size is not None:
        shown["size"] = entry.size
    if entry.kind != "commit":
        shown["url"] = f"{url}/git/{entry.kind}s/{entry.sha}"
    return shown


def create_tree(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/git/trees: entries laid over `base_tree`.

    A null sha takes a path away.
    """
    body, git = call.body, call.git
    base = body.optional_text("base_tree")
    if base is not None and git.kind(base) not in {"tree", "commit"}:
        raise refusals.unprocessable("base_tree is not a valid tree oid")
    sent = body.parts("tree")
    if not sent:
        raise refusals.unprocessable("Invalid tree info")
    changes = [_change(call, item) for item in sent]
    try:
        tree = git.write_tree(base, changes)
    except GitError as error:
        raise refusals.unprocessable("tree.path contains a malformed path component") from error
    shown = _tree(call, tree, recursive=False)
    return Reply(201, shown, {"Location": shown["url"]})


def _change(call: Call, item: Body) -> Change:
    path, mode = item.text("path"), item.optional_text("mode") or "100644"
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in path.split("/")):
        raise refusals.unprocessable("tree.path contains a malformed path component")
    if mode not in MODES:
        raise refusals.unprocessable(
            "tree.mode must be one of 040000, 100644, 100755, 120000, 160000"
        )
    if item.has("content"):
        return Change(path, mode, call.git.write_blob(item.text("content").encode()))
    sha = item.optional_text("sha")
    if sha is None and not item.has("sha"):
        raise refusals.unprocessable("Must supply either tree.sha or tree.content")
    if sha is not None and mode != "160000" and call.git.kind(sha) is None:
        raise refusals.unprocessable(f"tree.sha {sha} is not a valid blob")
    return Change(path, mode, sha)


def get_blob(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/git/blobs/{file_sha}."""
    sha = call.path["sha"]
    if call.git.kind(sha) != "blob":
        raise refusals.not_found(f"{GIT}/blobs#get-a-blob")
    content = call.git.blob(sha)
    shown = {
        "sha": sha,
        "node_id": f"B_kw{sha}",
        "size": len(content),
        "url": f"{call.context.site.rest(call.repository)}/git/blobs/{sha}",
        "content": wrapped(content),
        "encoding": "base64",
    }
    return Reply(200, shown)


def wrapped(content: bytes) -> str:
    """Base64 in lines of 60 characters, as GitHub writes it."""
    text = base64.b64encode(content).decode()
    return "".join(text[at : at + 60] + "\n" for at in range(0, len(text), 60))


def create_blob(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/git/blobs."""
    body = call.body
    content, encoding = body.text("content"), body.optional_text("encoding") or "utf-8"
    if encoding not in {"utf-8", "base64"}:
        raise refusals.unprocessable("encoding must be utf-8 or base64")
    sha = call.git.write_blob(unpacked(content) if encoding == "base64" else content.encode())
    url = f"{call.context.site.rest(call.repository)}/git/blobs/{sha}"
    return Reply(201, {"sha": sha, "url": url}, {"Location": url})


def unpacked(content: str) -> bytes:
    """Read base64, with or without line breaks.

    Raises:
        RefusedError: 422 when it is not base64.
    """
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise refusals.unprocessable("content is not valid Base64") from error


_READ = reads("contents", documentation=GIT)
_WRITE = writes("contents", role="write", documentation=GIT)
_BASE = "/repos/{owner}/{repo}/git"
ROUTES = (
    Route("GET", _BASE + "/commits/{sha}", get_commit, _READ),
    Route("POST", _BASE + "/commits", create_commit, _WRITE),
    Route("GET", _BASE + "/trees/{sha:path}", get_tree, _READ),
    Route("POST", _BASE + "/trees", create_tree, _WRITE),
    Route("GET", _BASE + "/blobs/{sha}", get_blob, _READ),
    Route("POST", _BASE + "/blobs", create_blob, _WRITE),
)
