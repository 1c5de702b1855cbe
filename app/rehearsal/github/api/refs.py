"""References of the Git database API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.refs import move_ref
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.git.bare import NOTHING
from app.rehearsal.github.views.commits import git_ref

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call

REFS = "https://docs.github.com/rest/git/refs"


def _shown(call: Call, name: str, sha: str) -> dict[str, object]:
    return git_ref(call.context, call.repository, name, sha, call.git.kind(sha) or "commit")


def get_ref(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/git/ref/{ref}."""
    name = f"refs/{call.path['ref'].removeprefix('refs/')}"
    sha = call.git.ref(name)
    if sha is None:
        raise refusals.not_found(f"{REFS}#get-a-reference")
    return Reply(200, _shown(call, name, sha))


def matching_refs(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/git/matching-refs/{ref}: every ref whose name begins so."""
    prefix = f"refs/{call.path['ref']}"
    rows = [(name, sha) for name, sha in call.git.refs("refs/").items() if name.startswith(prefix)]
    return paged(call, rows, lambda row: _shown(call, *row))


def create_ref(call: Call) -> Reply:
    """POST /repos/{owner}/{repo}/git/refs."""
    name, sha = call.body.text("ref"), call.body.text("sha")
    if not name.startswith("refs/") or name.count("/") < 2 or not call.git.valid_ref(name):  # noqa: PLR2004 - refs/heads/x
        raise refusals.unprocessable(
            "Reference name must be a full ref name, such as 'refs/heads/main'."
        )
    kind = call.git.kind(sha)
    if kind is None:
        raise refusals.unprocessable("Object does not exist")
    if name.startswith("refs/heads/") and kind != "commit":
        raise refusals.unprocessable("Object is not a commit")
    if call.git.ref(name):
        raise refusals.unprocessable("Reference already exists")
    move_ref(call.context, call.repository, name, sha, NOTHING)
    shown = _shown(call, name, sha)
    return Reply(201, shown, {"Location": str(shown["url"])})


def update_ref(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}/git/refs/{ref}: forward only, unless `force`."""
    name = f"refs/{call.path['ref']}"
    sha, force = call.body.text("sha"), call.body.flag("force", default=False)
    standing = call.git.ref(name)
    if standing is None:
        raise refusals.unprocessable("Reference does not exist")
    if call.git.kind(sha) is None:
        raise refusals.unprocessable("Object does not exist")
    if not force and not call.git.is_ancestor(standing, sha):
        raise refusals.unprocessable("Update is not a fast forward")
    if standing != sha:
        move_ref(call.context, call.repository, name, sha, standing)
    return Reply(200, _shown(call, name, sha))


def delete_ref(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/git/refs/{ref}."""
    name = f"refs/{call.path['ref']}"
    standing = call.git.ref(name)
    if standing is None:
        raise refusals.unprocessable("Reference does not exist")
    move_ref(call.context, call.repository, name, None, standing)
    return Reply(204)


_READ = reads("contents", documentation=REFS)
_WRITE = writes("contents", role="write", documentation=REFS)
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}", get_ref, _READ),
    Route("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}", matching_refs, _READ),
    Route("POST", "/repos/{owner}/{repo}/git/refs", create_ref, _WRITE),
    Route("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}", update_ref, _WRITE),
    Route("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}", delete_ref, _WRITE),
)
