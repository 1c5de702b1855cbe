"""Judges the names of paths that go into a commit. It looks at names alone, never at the disk."""

import re
import unicodedata

MOST_COMPONENT_BYTES = 255
MOST_PATH_BYTES = 1024

# Characters that HFS+ ignores in names, so that they hide in one (git's utf8.c, next_hfs_char).
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u206a-\u206f\u00ad\ufeff]")
_SHORT_NAME = re.compile(r"git~\d+")
_GIT_FILES = frozenset({".gitmodules", ".gitattributes", ".gitignore", ".mailmap"})


def shown(name: bytes) -> str:
    """Return a path as people may read it: what cannot be printed stands as an escape."""
    text = name.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def is_git_directory(component: str) -> bool:
    """Tell whether some file system would take a name for `.git`."""
    plain = _folded(component)
    return plain == ".git" or _SHORT_NAME.fullmatch(plain) is not None


def refusal(path: bytes) -> str:
    """Say why a path may not be committed; an empty text when it may."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return "its name is not valid UTF-8"
    if any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text):
        return "its name holds a control character"
    if len(path) > MOST_PATH_BYTES:
        return f"its path is longer than {MOST_PATH_BYTES} bytes"
    for component in text.split("/"):
        if sentence := _component(component):
            return sentence
    return ""


def _component(component: str) -> str:
    if len(component.encode()) > MOST_COMPONENT_BYTES:
        return f"a part of its path is longer than {MOST_COMPONENT_BYTES} bytes"
    if component in {"", ".", ".."}:
        return "its path is not a plain path"
    if any(is_git_directory(part) for part in component.split("\\")):
        return f"{component!r} is, or passes for, the directory of a git repository"
    if component not in _GIT_FILES and _folded(component) in _GIT_FILES:
        return f"{component!r} passes for {_folded(component)}"
    return ""


def _folded(component: str) -> str:
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", component)).casefold()
    return plain.split(":", 1)[0].rstrip(" .")
