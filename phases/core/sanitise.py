"""Makes model text and other people's text safe to post: it may inform, not act.

Mentions, closing words, HTML, images and hidden characters lose their effect and stay readable.
"""

import re
import unicodedata

_JOINER = "\u2060"
_MENTION = re.compile(r"(?<![\w`/])@(?=[A-Za-z0-9])")
_CLOSING = re.compile(
    r"(?i)\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(\s*:?\s+)((?:[\w.-]+/[\w.-]+)?#\d+)"
)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(`+)(.+?)\1")
_COMMAND = re.compile(r"(?m)^(\s*)/(?=[a-z])")
_KEPT = frozenset("\n\t")


def visible(text: str) -> str:
    """Return the text with every hidden character written out as its code point."""
    return "".join(
        char if char in _KEPT or not _hidden(char) else f"[U+{ord(char):04X}]" for char in text
    )


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def prose(text: str) -> str:
    """Return Markdown that mentions nobody, closes nothing, embeds nothing and hides nothing.

    Fenced code and code spans keep their characters; an open fence is closed.
    """
    out: list[str] = []
    fence = ""
    for line in visible(text.replace("\r\n", "\n")).split("\n"):
        match = _FENCE.match(line)
        if fence:
            out.append(line)
            if match and match[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif match:
            fence = match[1]
            out.append(line)
        else:
            out.append(_line(line))
    if fence:
        out.append(fence)
    return "\n".join(out)


def inline(text: str) -> str:
    """Return one line of prose, for a table cell or a heading."""
    return prose(" ".join(text.split())).replace("|", "\\|")


def _line(line: str) -> str:
    parts: list[str] = []
    at = 0
    for span in _CODE_SPAN.finditer(line):
        parts += [_defused(line[at : span.start()]), span[0]]
        at = span.end()
    parts.append(_defused(line[at:]))
    return "".join(parts)


def _defused(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = _IMAGE.sub(r"[image: \1]", text)
    text = _MENTION.sub(f"@{_JOINER}", text)
    text = _COMMAND.sub(rf"\1/{_JOINER}", text)
    return _CLOSING.sub(rf"\1\2{_JOINER}\3", text)
