"""What pages load: the style sheet, the script, and faces drawn from ids.

There is nothing from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from app.rehearsal.github import refusals
from app.rehearsal.github.pages.gate import Plain
from app.rehearsal.github.pages.render import ASSETS, code_styles
from app.rehearsal.github.store.people import Account

if TYPE_CHECKING:
    from app.rehearsal.github.pages.gate import Result, Visit

_HUES = 37
_DAY = {"Cache-Control": "max-age=300"}


def style_sheet() -> Response:
    """The style sheet, with the colours of highlighted code behind it."""
    text = (ASSETS / "style.css").read_text() + code_styles()
    return Response(text, media_type="text/css", headers=_DAY)


def script() -> Response:
    """The script: live refresh, times, the switch of viewers."""
    return Response((ASSETS / "pages.js").read_text(), media_type="text/javascript", headers=_DAY)


def face(visit: Visit) -> Result:
    """Draw an account's face: its initial on a colour of its own; bots are square."""
    name = visit.names["name"].removesuffix(".svg")
    account = visit.context.session.get(Account, int(name)) if name.isdigit() else None
    if account is None:
        raise refusals.not_found()
    corner = 9 if account.kind == "Bot" else 20
    hue = account.id * _HUES % 360
    letter = account.login[0].upper()
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" rx="{corner}" fill="hsl({hue} 45% 42%)"/>'
        '<text x="20" y="27" font-family="system-ui,sans-serif" font-size="20"'
        f' font-weight="600" fill="#fff" text-anchor="middle">{letter}</text></svg>'
    )
    return Plain(svg.encode(), "image/svg+xml")
