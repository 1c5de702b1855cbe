"""Writes a code review as one review of the pull request, once, with remarks on its lines.

A line that GitHub does not find in the diff moves all remarks into the body.
"""

from typing import Any

from app.github.answers import Answer, UserAnswer, understood
from app.github.client import GitHubApi, GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.identity import bot_of, slug_of
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from app.github.standing import Standing
from phases.core.code_review import CodeReview, parse_code_review, without_remarks
from phases.core.outward import OutwardItem

MOST_PAGES = 10
_UNPROCESSABLE = 422


class ReviewAnswer(Answer):
    """A review as GitHub lists it."""

    id: int
    html_url: str
    body: str | None = None
    user: UserAnswer | None = None

    def is_of(self, bot: str, item: OutwardItem) -> bool:
        """Tell whether it is the item, written by that bot: anybody may paste a marker."""
        by_it = self.user is not None and (self.user.type, self.user.login) == ("Bot", bot)
        return by_it and item.marker in (self.body or "")


class Reviews:
    """The reviews that our App writes."""

    def __init__(self, clients: GitHubClients) -> None:
        self._clients = clients

    async def send(self, item: OutwardItem) -> Standing:
        """Make a review stand; one that stands is left as it is.

        Raises:
            RefusedByGitHubError: when GitHub will not have it.
            TransientError: when nobody knows whether it stands there now.
        """
        api = self._clients.of(item.repository, Purpose.CONVERSE)
        # Looks without being told: a database that was put back does not know what it forgot.
        found = await self._find(api, item)
        if found is None:
            found = await _create(api, item, parse_code_review(item.desired.text))
        return Standing(found.id, found.html_url, None)

    async def _find(self, api: GitHubApi, item: OutwardItem) -> ReviewAnswer | None:
        reviews = await all_pages(
            api,
            ReviewAnswer,
            lambda rest, page: rest.pulls.async_list_reviews(
                item.repository.owner,
                item.repository.name,
                item.number,
                per_page=PER_PAGE,
                page=page,
            ),
            most_pages=MOST_PAGES,
        )
        if not reviews:
            return None
        bot = bot_of(await slug_of(self._clients))
        return next((review for review in reviews if review.is_of(bot, item)), None)


async def _create(api: GitHubApi, item: OutwardItem, review: CodeReview) -> ReviewAnswer:
    comments = [
        {"path": remark.path, "line": remark.line, "side": "RIGHT", "body": remark.body}
        for remark in review.remarks
    ]
    try:
        return await _post(api, item, review.commit, review.body, comments)
    except RefusedByGitHubError as refusal:
        if refusal.status != _UNPROCESSABLE or not comments:
            raise
    return await _post(api, item, review.commit, without_remarks(review), [])


async def _post(
    api: GitHubApi, item: OutwardItem, commit: str, body: str, comments: list[dict[str, Any]]
) -> ReviewAnswer:
    data: Any = {
        "commit_id": commit,
        "body": f"{body}\n\n{item.marker}",
        "event": "COMMENT",
    }
    if comments:
        data["comments"] = comments
    return understood(
        ReviewAnswer,
        await api.write(
            lambda rest: rest.pulls.async_create_review(
                item.repository.owner, item.repository.name, item.number, data=data
            )
        ),
    )
