"""Turn a template and its values into a page. It fetches only what stands on every page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound
from sqlalchemy import func, select

from app.rehearsal.github.pages.markdown import Commits, Renderer
from app.rehearsal.github.store.base import seconds
from app.rehearsal.github.store.issues import Issue
from app.rehearsal.github.store.people import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.rehearsal.github.pages.gate import Visit

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parent / "files"
# Above this luminance (0 to 1) dark text is easier to read.
_BRIGHT = 0.55


class Pages:
    """The templates."""

    def __init__(self) -> None:
        self._markdown = Renderer()
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            moment=moment, ink=ink, short=short, quoted=quote, plural=plural, code=highlighted
        )

    def render(self, visit: Visit, template: str, values: Mapping[str, Any]) -> str:
        """Render a page for its viewer."""
        session = visit.context.session
        people = session.scalars(
            select(Account).where(Account.kind == "User").order_by(Account.id)
        ).all()
        base = visit.context.site.page(visit.place) if visit.place else visit.context.site.url
        common: dict[str, Any] = {
            "viewer": visit.context.account,
            "people": people,
            "repository": visit.place,
            "base": f"/{visit.place.full_name}" if visit.place else "",
            "markdown": lambda text: self._markdown.render(text, base, _commits_of(visit)),
            "site": visit.context.site,
            "visit": visit,
            "tab": None,
        }
        if visit.place:
            common["open_issues"] = _open(visit, pulls=False)
            common["open_pulls"] = _open(visit, pulls=True)
        return self._templates.get_template(template).render({**common, **values})


def _commits_of(visit: Visit) -> Commits:
    return visit.git.commits_among if visit.place else lambda _: frozenset()


def _open(visit: Visit, *, pulls: bool) -> int:
    chosen = (
        select(func.count())
        .select_from(Issue)
        .where(Issue.repository_id == visit.repository.id, Issue.state == "open")
    )
    chosen = chosen.where(Issue.pull.has() if pulls else ~Issue.pull.has())
    return visit.context.session.scalar(chosen) or 0


def moment(stored: str) -> Markup:
    """A moment as an element that the page's script turns into `5 minutes ago`."""
    iso = seconds(stored)
    return Markup('<time datetime="{0}" title="{1} UTC">on {2}</time>').format(
        iso, iso[:19].replace("T", " "), iso[:10]
    )


def ink(color: str) -> str:
    """Black or white, whichever is readable on a label's colour."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return "#1f2328" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _BRIGHT else "#ffffff"


def short(sha: str) -> str:
    """The first seven digits of a commit's id."""
    return sha[:7]


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 commit`, `2 commits`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def highlighted(text: str, path: str) -> list[Markup]:
    """Highlight a file's lines by its name."""
    try:
        lexer = get_lexer_for_filename(path, stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    html = highlight(text, lexer, HtmlFormatter(nowrap=True))
    return [Markup(line) for line in html.removesuffix("\n").split("\n")]  # noqa: S704 - escaped by pygments


def code_styles() -> str:
    """The colours of highlighted code, for light and for dark pages."""
    light, dark = (_styles(name) for name in ("default", "github-dark"))
    plain = "\n.highlight { background: transparent !important; color: inherit !important; }\n"
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}{plain}"


def _styles(name: str) -> str:
    made: str = HtmlFormatter(style=name).get_style_defs(".highlight")  # type: ignore[no-untyped-call]  # its stubs leave it out
    return made
