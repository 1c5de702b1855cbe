"""Files by path: read them, and write one with a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.refs import move_ref
from app.rehearsal.github.acts.signatures import commit_text
from app.rehearsal.github.api.call import Reply
from app.rehearsal.github.api.objects import signature_of, unpacked, wrapped
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.git.bare import Change
from app.rehearsal.github.git.plumbing import GitError
from app.rehearsal.github.views.commits import git_commit

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.git.bare import Entry

CONTENTS = "https://docs.github.com/rest/repos/contents"
# docs.github.com/rest/repos/contents: files from 1 MB on come without their content, from 100 MB
# on not at all.
MOST_INLINE_BYTES = 1_000_000
_KINDS = {"tree": "dir", "blob": "file", "commit": "submodule"}


def get_contents(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/contents/{path}: a file, or the list of a directory."""
    ref = call.query.get("ref") or call.repository.default_branch
    commit = call.git.resolve(ref)
    if commit is None:
        raise refusals.RefusedError(
            404, f"No commit found for the ref {ref}", documentation=CONTENTS
        )
    path = call.path.get("path", "").strip("/")
    entry = call.git.entry(commit, path) if path else None
    if path and entry is None:
        raise refusals.not_found(f"{CONTENTS}#get-repository-content")
    if entry is None or entry.kind == "tree":
        rows = call.git.entries(commit, path=path)
        return Reply(200, [_shown(call, row, ref) for row in rows])
    return Reply(200, _file(call, entry, ref))


def get_readme(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/readme."""
    ref = call.query.get("ref") or call.repository.default_branch
    commit = call.git.resolve(ref)
    entries = call.git.entries(commit) if commit else []
    found = next(
        (row for row in entries if row.kind == "blob" and row.path.lower().startswith("readme")),
        None,
    )
    if found is None:
        raise refusals.not_found(f"{CONTENTS}#get-a-repository-readme")
    return Reply(200, _file(call, found, ref))


def _file(call: Call, entry: Entry, ref: str) -> dict[str, Any]:
    shown = _shown(call, entry, ref)
    if entry.kind == "commit":
        return shown
    content = call.git.blob(entry.sha)
    if len(content) > MOST_INLINE_BYTES:
        return {**shown, "content": "", "encoding": "none"}
    return {**shown, "content": wrapped(content), "encoding": "base64"}


def _shown(call: Call, entry: Entry, ref: str) -> dict[str, Any]:
    rest, page = call.context.site.rest(call.repository), call.context.site.page(call.repository)
    path, kind = quote(entry.path), _KINDS[entry.kind]
    url = f"{rest}/contents/{path}?ref={quote(ref, safe='')}"
    git_url = f"{rest}/git/{entry.kind}s/{entry.sha}"
    html_url = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{path}"
    return {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": html_url,
        "git_url": git_url,
        "download_url": f"{page}/raw/{quote(ref)}/{path}" if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git_url, "html": html_url},
    }


def put_contents(call: Call) -> Reply:
    """PUT /repos/{owner}/{repo}/contents/{path}.

    Create a file, or replace the one whose blob `sha` is given.
    """
    body, git, repository = call.body, call.git, call.repository
    path, branch = (
        call.path["path"].strip("/"),
        call.body.optional_text("branch") or repository.default_branch,
    )
    message, content = body.text("message"), unpacked(body.text("content"))
    name = f"refs/heads/{branch}"
    head = git.ref(name)
    if head is None:
        raise refusals.RefusedError(404, f"Branch {branch} not found", documentation=CONTENTS)
    entry = git.entry(head, path)
    _check_replaced(entry, body.optional_text("sha"), path)
    try:
        mode = entry.mode if entry else "100644"
        tree = git.write_tree(head, [Change(path, mode, git.write_blob(content))])
    except GitError as error:
        raise refusals.unprocessable("path contains a malformed path component") from error
    author = signature_of(call, body.part("author"), "author")
    committer = author
    if body.has("committer"):
        committer = signature_of(call, body.part("committer"), "committer")
    sha = git.write_commit(commit_text(tree, [head], author, committer, message))
    move_ref(call.context, repository, name, sha, head)
    written, commit = git.entry(sha, path), git.commit(sha)
    if written is None or commit is None:
        raise refusals.unprocessable("path is a directory")
    shown = {
        "content": _shown(call, written, branch),
        "commit": git_commit(call.context, repository, commit),
    }
    return Reply(200 if entry else 201, shown)


def _check_replaced(entry: Entry | None, sha: str | None, path: str) -> None:
    if entry and sha is None:
        raise refusals.unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if entry and sha != entry.sha:
        raise refusals.RefusedError(409, f"{path} does not match {sha}", documentation=CONTENTS)


_READ = reads("contents", documentation=CONTENTS)
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/readme", get_readme, _READ),
    Route("GET", "/repos/{owner}/{repo}/contents", get_contents, _READ),
    Route("GET", "/repos/{owner}/{repo}/contents/{path:path}", get_contents, _READ),
    Route(
        "PUT",
        "/repos/{owner}/{repo}/contents/{path:path}",
        put_contents,
        writes("contents", role="write", documentation=CONTENTS),
    ),
)
