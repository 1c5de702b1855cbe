"""Keeps a comment under GitHub's limit without leaving a block open or losing a hidden line.

A backstop: whoever writes a comment has already kept it short.
"""

import re

# GitHub refuses a body over 65,536 characters; the difference is for what it counts otherwise.
LONGEST_COMMENT = 65_000
NOTICE = "*Cut here: the whole text is longer than a comment may be.*"
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_HIDDEN = re.compile(r"<!-- phaseline:[^\n]*-->")
_DETAILS_END = "</details>"


def capped(text: str, marker: str) -> str:
    """Return the text with its marker below, at most 65,000 characters, cut at a line's end.

    Hidden lines of ours at the end of the text stay whole, whatever is cut above them.
    """
    lines = text.rstrip().split("\n")
    hidden = [marker]
    while lines and _HIDDEN.fullmatch(lines[-1]):
        hidden.insert(0, lines.pop())
    below = "\n".join(hidden)
    shown = "\n".join(lines).rstrip()
    return f"{shortened(shown, LONGEST_COMMENT - len(below) - 2)}\n\n{below}"


def shortened(text: str, room: int) -> str:
    """Return a text in at most so many characters: cut at a line's end, all blocks closed, told."""
    return text if len(text) <= room else f"{_cut(text, room - len(NOTICE) - 2)}\n\n{NOTICE}"


def _cut(text: str, room: int) -> str:
    kept: list[str] = []
    size = 0
    fence = ""
    details = 0
    for line in text.split("\n"):
        after = _fence_after(fence, line)
        deeper = details if fence or after else details + _opened(line)
        # Room for this line and for what would have to be closed behind it.
        size += len(line) + 1
        if size + len(after) + 1 + max(deeper, 0) * (len(_DETAILS_END) + 2) > room:
            break
        kept.append(line)
        fence, details = after, deeper
    if not kept:
        return text[:room]
    kept.extend([fence] if fence else [])
    kept.extend(["", _DETAILS_END] * details)
    return "\n".join(kept)


def _opened(line: str) -> int:
    return line.count("<details") - line.count(_DETAILS_END)


def _fence_after(fence: str, line: str) -> str:
    match = _FENCE.fullmatch(line)
    if match is None:
        return fence
    marks, info = match.groups()
    if not fence:
        # A backtick behind backticks makes inline code of them.
        return "" if marks[0] == "`" and "`" in info else marks
    closes = marks[0] == fence[0] and len(marks) >= len(fence) and not info.strip()
    return "" if closes else fence
