"""Who a commit says it is by, as git writes it. It decides nothing about who may commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from app.rehearsal.github.store.people import Account

# What git cannot keep in a name or an address.
_UNFIT = frozenset("<>\n\0")


def noreply(account: Account) -> str:
    """The address that commits of an account carry."""
    return f"{account.id}+{account.login}@users.noreply.localhost"


def signature(name: str, email: str, moment: datetime) -> str:
    """Write a signature line's content.

    Raises:
        ValueError: Name or address holds a character that git cannot keep.
    """
    if _UNFIT & set(name + email):
        raise ValueError("a name or address cannot hold <, >, line breaks or NUL")
    return f"{name} <{email}> {int(moment.timestamp())} {moment.strftime('%z')[:5]}"


def commit_text(tree: str, parents: list[str], author: str, committer: str, message: str) -> bytes:
    """Write a commit object; the message ends with a line break."""
    lines = [f"tree {tree}", *(f"parent {sha}" for sha in parents)]
    lines += [f"author {author}", f"committer {committer}", "", message.removesuffix("\n"), ""]
    return "\n".join(lines).encode()
