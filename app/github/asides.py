"""Deliveries that move no run: comments of ours that people alter, branches that move."""

from app.github.payloads import Account, CommentAltered, Pushed
from app.github.standing import digest
from phases.core.events import Advanced, Altered
from phases.core.model import Person, Repository

_HEADS = "refs/heads/"


def altered(payload: CommentAltered, repository: Repository, app_id: int) -> Altered | None:
    """Return that somebody altered a comment of our App; None when that was ourselves."""
    comment = payload.comment
    via = comment.performed_via_github_app
    if via is None or via.id != app_id or _is_author(payload.sender, comment.user):
        return None
    deleted = payload.action == "deleted"
    sha256 = "" if deleted else digest(comment.body or "")
    actor = Person(payload.sender.id, payload.sender.login)
    return Altered(repository, comment.id, deleted, sha256, actor)


def advanced(payload: Pushed, repository: Repository) -> Advanced | None:
    """Return which branch moved where; None for tags and for branches that are gone."""
    if not payload.ref.startswith(_HEADS) or not payload.after.strip("0"):
        return None
    return Advanced(repository, payload.ref.removeprefix(_HEADS), payload.after)


def _is_author(sender: Account, author: Account | None) -> bool:
    return author is not None and author.id == sender.id
