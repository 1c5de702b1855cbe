"""A browser that reads the stand-in's pages and sends their forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from app.cli.demo.loopback import no_certificates

if TYPE_CHECKING:
    from tests.rehearsal.github.standin import Standin


class Browser:
    """A person's browser: it keeps the cookie and sends forms as a browser does."""

    def __init__(self, standin: Standin, login: str) -> None:
        self._origin = standin.url
        self.client = httpx.Client(
            base_url=standin.url, trust_env=False, verify=no_certificates(), follow_redirects=True
        )
        self.send("/viewer", login=login, to="/")

    def read(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, path: str, status: int = 200, /, **fields: str | list[str]) -> httpx.Response:
        headers = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
        answer = self.client.post(path, data=fields, headers=headers)
        assert answer.status_code == status, answer.text
        return answer
