"""The tool `str_replace_based_edit_tool`, as text_editor_20250728. It keeps no history.

By decision it differs from Anthropic's reference implementation (`edit.py` of their quickstarts) in
this: `create` overwrites, as their hosted editor does (`is_file_update`), and says so, because a
file that is to be written anew would otherwise have to be removed by another tool first; paths may
be relative; tabs stay tabs; a listing leaves out `node_modules` and `__pycache__` besides what is
hidden. How much of a long file enters the conversation is decided where results are cut.
"""

from app.workspace.tools.result import Arguments, ToolError
from app.workspace.tools.tree import Tree

_MOST_CHARACTERS = 48_000
_AROUND_AN_EDIT = 4
_QUOTED = 200
_MOST_LINES = 100_000_000
_PARAMETERS = (
    "command",
    "path",
    "view_range",
    "file_text",
    "old_str",
    "new_str",
    "insert_line",
    "insert_text",
)


def edit(tree: Tree, given: dict[str, object]) -> str:
    """Carry out one call; returns what the model reads. Raises `ToolError`."""
    arguments = Arguments("str_replace_based_edit_tool", given, _PARAMETERS)
    path = arguments.text("path")
    match arguments.text("command"):
        case "view":
            return _view(tree, path, arguments)
        case "create":
            return _create(tree, path, arguments)
        case "str_replace":
            return _replace(tree, path, arguments)
        case "insert":
            return _insert(tree, path, arguments)
        case other:
            raise ToolError(
                f"There is no command {other!r}. Use view, create, str_replace or insert; to undo "
                "an edit, make the opposite edit."
            )


def _view(tree: Tree, path: str, arguments: Arguments) -> str:
    wanted = arguments.line_range("view_range")
    if tree.is_directory(path):
        if wanted is not None:
            raise ToolError(f"{path} is a directory: leave view_range out.")
        below = "\n".join(tree.entries(path))
        return (
            f"Files and directories up to two levels below {path}, without hidden ones, "
            f"node_modules and __pycache__:\n{below}"
        )
    lines = tree.read(path).split("\n")
    first, last = (1, len(lines)) if wanted is None else _checked_range(wanted, len(lines))
    text = _numbered(lines[first - 1 : last], first)
    if len(text) <= _MOST_CHARACTERS:
        return text
    kept = text[:_MOST_CHARACTERS].rpartition("\n")[0] or text[:_MOST_CHARACTERS]
    shown = first + kept.count("\n")
    return f"{kept}\n[... cut after line {shown} of {len(lines)}; use view_range to see more]"


def _checked_range(wanted: tuple[int, int], count: int) -> tuple[int, int]:
    first, last = wanted
    if last == -1:
        last = count
    if not 1 <= first <= count:
        raise ToolError(
            f"view_range starts at line {first}, but the file has {count} lines, counted from 1."
        )
    if last > count:
        raise ToolError(
            f"view_range ends at line {last}, but the file has {count} lines; -1 stands for its "
            "end."
        )
    if last < first:
        raise ToolError(f"view_range ends at line {last}, before it starts at line {first}.")
    return first, last


def _create(tree: Tree, path: str, arguments: Arguments) -> str:
    text = arguments.text("file_text")
    existed = tree.exists(path)
    tree.write(path, text)
    return f"{'Overwrote' if existed else 'Created'} {path}."


def _replace(tree: Tree, path: str, arguments: Arguments) -> str:
    old, new = arguments.text("old_str"), arguments.optional_text("new_str") or ""
    if not old:
        raise ToolError("old_str is empty. Give the text to replace, or use insert.")
    text = tree.read(path)
    if old not in text and "\r\n" in text:
        # The file ends its lines with CRLF; the model cannot see that.
        old, new = _with_crlf(old), _with_crlf(new)
    count = text.count(old)
    if count == 0:
        raise ToolError(
            f"No replacement was performed, old_str `{_quoted(old)}` did not appear verbatim in "
            f"{path}. View the file and copy the text exactly, with its whitespace."
        )
    if count > 1:
        raise ToolError(
            f"No replacement was performed. Multiple occurrences of old_str `{_quoted(old)}` in "
            f"lines {_lines_of(text, old)}. Please ensure it is unique."
        )
    start = text.index(old)
    changed = text[:start] + new + text[start + len(old) :]
    tree.write(path, changed)
    line = text.count("\n", 0, start) + 1
    return f"Edited {path}. Around the edit:\n{_around(changed, line, new.count(chr(10)))}"


def _insert(tree: Tree, path: str, arguments: Arguments) -> str:
    text = tree.read(path)
    lines = text.split("\n")
    after = arguments.number("insert_line", default=None, low=0, high=_MOST_LINES)
    if after > len(lines):
        raise ToolError(
            f"insert_line is {after}, but {path} has {len(lines)} lines; 0 is the beginning."
        )
    new = arguments.text("insert_text").removesuffix("\n").split("\n")
    if "\r\n" in text:
        new = [f"{line.removesuffix(chr(13))}\r" for line in new]
        if after == len(lines):
            # The last line has no end: it gets one, and what is inserted has none.
            lines[-1] += "\r"
            new[-1] = new[-1].removesuffix("\r")
    changed = "\n".join([*lines[:after], *new, *lines[after:]])
    tree.write(path, changed)
    return f"Edited {path}. Around the edit:\n{_around(changed, after + 1, len(new) - 1)}"


def _with_crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _quoted(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}..."


def _lines_of(text: str, part: str) -> list[int]:
    found: list[int] = []
    start = text.find(part)
    while start >= 0:
        found.append(text.count("\n", 0, start) + 1)
        start = text.find(part, start + len(part))
    return found


def _around(text: str, line: int, more: int) -> str:
    lines = text.split("\n")
    first = max(1, line - _AROUND_AN_EDIT)
    shown = _numbered(lines[first - 1 : line + more + _AROUND_AN_EDIT], first)
    return shown if len(shown) <= _MOST_CHARACTERS else f"{shown[:_MOST_CHARACTERS]}\n[... cut]"


def _numbered(lines: list[str], first: int) -> str:
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, first))
