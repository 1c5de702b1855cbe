"""Makes model text and other people's text safe to post: it may inform, not act.

Mentions, closing words, HTML, images, links that leave the repository and hidden characters lose
their effect and stay readable. The same eyes read a request: what its page hides is left out.
"""

import re
import unicodedata
from collections.abc import Iterator

_JOINER = "\u2060"
# Not after what may be the first half of a mail address; emphasis marks are none of that.
_MENTION = re.compile(r"(?<![A-Za-z0-9.+-])@(?=[A-Za-z0-9])")
_CLOSING = re.compile(
    r"(?i)(?<![a-z0-9])(close[sd]?|fix(?:e[sd])?|resolve[sd]?)([\s:*_~\\]{1,20})((?:[\w.-]{1,100}/[\w.-]{1,100})?#\d+|gh-\d+)"
)
_REFERENCE_FIRST = re.compile(r"^([\s*_~\\]*)(?=(?:[\w.-]{1,100}/[\w.-]{1,100})?#\d|(?i:gh-\d))")
_IMAGE = re.compile(r"!\[([^\]]{0,1000})\]\([^)]{0,2000}\)")
# Escapes of the marks of an address count: they are gone when links are looked for.
_ADDRESS = re.compile(r"(?i)(?<![a-z])(?:[a-z][a-z0-9+.-]{0,30}\\?:\\?/\\?/|www\\?\.)[^\s<>`|]+")
_END_OF_ADDRESS = ".,;:!?)'\"*_~]"
_LINK = re.compile(r"\]\((?!(?!/)[\w.#][\w./#%-]*\))")
_DEFINITION = re.compile(r"\]:")
_COMMAND = re.compile(r"^(\s*)/(?=[A-Za-z])")
_FENCE = re.compile(r"^( {0,3})(`{3,}(?=[^`]*$)|~{3,})")
_CODE_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_HEADING = re.compile(r"^( {0,3})(?=#{1,5}(?:[ \t]|$))")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TITLE = re.compile(r"(\]\([^()\s]+)\s+(?:\"[^\"]*\"|'[^']*')\)")
_KEPT = frozenset("\n\t")
# Letters and marks without any look of their own, in which text can be smuggled past a reader.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0))))
)


def visible(text: str) -> str:
    """Return the text with every hidden character written out as its code point."""
    return "".join(
        char if char in _KEPT or not _hidden(char) else f"[U+{ord(char):04X}]" for char in text
    )


def _hidden(char: str) -> bool:
    if char in _BLANK:
        return True
    return unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def shown(text: str) -> str:
    """Return Markdown as its page shows it: comments and words behind images are left out."""
    pieces: list[str] = []
    plain: list[str] = []
    for line, is_code in (*_lines(visible(text.replace("\r\n", "\n"))), ("", True)):
        if not is_code:
            plain.append(line)
            continue
        if plain:
            pieces.append(_without_hidden("\n".join(plain)))
            plain = []
        pieces.append(line)
    return "\n".join(pieces[:-1])


def _without_hidden(text: str) -> str:
    text = _COMMENT.sub("[a comment that is not shown]", text)
    return _TITLE.sub(r"\1)", _IMAGE.sub("[an image]", text))


def prose(text: str) -> str:
    """Return Markdown that mentions nobody, closes nothing, embeds nothing and hides nothing.

    Fenced code and code spans keep their characters; an open fence is closed.
    """
    lines = _lines(visible(text.replace("\r\n", "\n")))
    return "\n".join(line if is_code else _line(line) for line, is_code in lines)


def code(text: str) -> str:
    """Return one line as code, whatever it holds; a back-tick in it becomes an apostrophe."""
    return f"`{visible(' '.join(text.split())).replace('`', chr(39)).replace('|', '¦')}`"


def closed(text: str) -> str:
    """Return Markdown with an open fence closed."""
    return "\n".join(line for line, _ in _lines(text))


def beneath(text: str) -> str:
    """Return Markdown whose headings are one level deeper, to stand beneath a title."""
    lines = _lines(text)
    return "\n".join(line if is_code else _HEADING.sub(r"\1#", line) for line, is_code in lines)


def inline(text: str) -> str:
    """Return one line of prose, for a table cell or a heading."""
    return prose(" ".join(text.split())).replace("|", "\\|")


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the lines, and whether each belongs to fenced code whoever reads it.

    A fence that is indented may stand in a list, where a line with less room ends it: that end is
    written out, so that every reader agrees.
    """
    indent = fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence and indent and line.strip() and not line.startswith(indent):
            yield indent + fence, True
            fence = ""
        if fence:
            yield line, True
            if match and match[2].startswith(fence) and not line.strip(" \t").strip(fence[0]):
                fence = ""
        elif match:
            indent, fence = match[1], match[2]
            yield line, True
        else:
            yield line, False
    if fence:
        yield indent + fence, True


def _line(line: str) -> str:
    line = _COMMAND.sub(rf"\1/{_JOINER}", line)
    line = _REFERENCE_FIRST.sub(rf"\1{_JOINER}", line)
    parts: list[str] = []
    at = 0
    for span in _CODE_SPAN.finditer(line):
        if "|" in span[0]:
            continue  # In a table the bar ends the cell, and the code with it.
        parts += [_without_addresses(line[at : span.start()]), span[0]]
        at = span.end()
    parts.append(_without_addresses(line[at:]))
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    """Put pieces together so that the marks of one piece of code touch no other and no escape."""
    text = ""
    for part in parts:
        touching = part.startswith("`") and text.endswith(("`", "\\"))
        text += f"{_JOINER}{part}" if touching else part
    return text


def _without_addresses(text: str) -> str:
    """Defuse text outside of code; addresses become code, which nobody makes a link of."""
    text = _IMAGE.sub(r"[image: \1]", text)
    parts: list[str] = []
    at = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_END_OF_ADDRESS)
        parts += [_defused(text[at : match.start()]), f"`{address}`"]
        at = match.start() + len(address)
    parts.append(_defused(text[at:]))
    return _joined(parts)


def _defused(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    # A mark without its fellow would find one in another line, and turn code and text around.
    text = text.replace("`", "&#96;")
    text = text.replace("![", "!\\[")
    text = _DEFINITION.sub(r"]\\:", _LINK.sub(r"]\\(", text))
    text = _MENTION.sub(f"@{_JOINER}", text)
    return _CLOSING.sub(rf"\1\2{_JOINER}\3", text)
