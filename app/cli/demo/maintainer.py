"""The demo as the maintainer on the stand-in, over the REST API. It opens the issue and looks."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

from app.cli.demo.trouble import DemoError

LOGIN = "maintainer"
COLOUR = "5319e7"
COMMENT = re.compile(r"#issuecomment-([0-9]+)$")


@dataclass(frozen=True)
class Pull:
    """A pull request as the stand-in has it now; `asked` says that a review is asked for."""

    number: int
    url: str
    draft: bool
    head: str
    asked: bool


@dataclass(frozen=True)
class Issue:
    """An issue as the stand-in has it now."""

    number: int
    url: str


class Maintainer:
    """Acts as the maintainer of one repository; `standin` is the file that the stand-in writes."""

    def __init__(self, standin: Path, api: str, full_name: str) -> None:
        self._client = httpx2.Client(
            base_url=f"{api}/repos/{full_name}/",
            headers={
                "Authorization": f"Bearer {_token(standin)}",
                "Accept": "application/vnd.github+json",
            },
            timeout=30,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def ensure_label(self, name: str) -> None:
        """Create the label unless it is there, or the service makes it at this moment."""
        description = "Phaseline turns this issue into a pull request"
        body = {"name": name, "color": COLOUR, "description": description}
        answer = self._client.post("labels", json=body)
        if answer.status_code != HTTPStatus.UNPROCESSABLE_ENTITY or not _exists_already(answer):
            self._answer(answer)

    def ensure_issue(self, title: str, body: str) -> Issue:
        """Return the issue of that title, opened now if there is none."""
        for found in self._get("issues?state=all&per_page=100"):
            if found["title"] == title and "pull_request" not in found:
                return _issue(found)
        return _issue(self._post("issues", {"title": title, "body": body}))

    def set_label(self, issue: Issue, name: str) -> None:
        """Set the label unless it is set, or was once: setting it again would start another run."""
        events = self._get(f"issues/{issue.number}/events?per_page=100")
        if not any(one["event"] == "labeled" and one["label"]["name"] == name for one in events):
            self._post(f"issues/{issue.number}/labels", {"labels": [name]})

    def pull(self, number: int) -> Pull:
        """Return a pull request."""
        found = self._get(f"pulls/{number}")
        return Pull(
            number=found["number"],
            url=found["html_url"],
            draft=found["draft"],
            head=found["head"]["sha"],
            asked=bool(found["requested_reviewers"]),
        )

    def comment(self, url: str) -> str:
        """Return the comment at `url` as it reads now; empty when that is no comment's address."""
        match = COMMENT.search(url)
        if match is None:
            return ""
        text: str = self._get(f"issues/comments/{match[1]}")["body"]
        return text

    def _get(self, path: str) -> Any:
        return self._answer(self._client.get(path))

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._answer(self._client.post(path, json=body))

    def _answer(self, answer: httpx2.Response) -> Any:
        if not answer.is_success:
            raise DemoError(
                f"The stand-in GitHub refused {answer.request.method} {answer.request.url.path}:"
                f" {answer.status_code} {answer.text[:500]}"
            )
        return answer.json()


def _exists_already(answer: httpx2.Response) -> bool:
    return any(error.get("code") == "already_exists" for error in answer.json().get("errors", ()))


def _issue(found: Any) -> Issue:
    return Issue(found["number"], found["html_url"])


def _token(standin: Path) -> str:
    try:
        token: str = json.loads(standin.read_bytes())["people"][LOGIN]["token"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoError(f"{standin} names no token of the maintainer ({error!r})") from error
    return token
