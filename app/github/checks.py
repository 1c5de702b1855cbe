"""Writes check runs: one per commit, found again by its external id, annotated in batches.

What a check run says is decided elsewhere.
"""

from typing import Any

from app.github.answers import Answer, understood
from app.github.client import GitHubApi, GitHubClients
from app.github.purposes import Purpose
from app.github.standing import Standing
from phases.core.check_run import Annotation, CheckRun, parse_check_run
from phases.core.outward import OutwardItem

NAME = "phaseline"
# The most that GitHub takes in one request; each later one adds to those that are there.
BATCH = 50


class _OutputAnswer(Answer):
    annotations_count: int = 0


class _CheckRunAnswer(Answer):
    id: int
    html_url: str | None = None
    external_id: str | None = None
    output: _OutputAnswer


class _CheckRunsAnswer(Answer):
    check_runs: list[_CheckRunAnswer]


class CheckRuns:
    """The check runs of one App."""

    def __init__(self, clients: GitHubClients, *, app_id: int) -> None:
        self._clients = clients
        self._app_id = app_id

    async def send(self, item: OutwardItem) -> Standing:
        """Make a check run stand on its commit, with all its annotations.

        Raises:
            RefusedByGitHubError: when GitHub will not have it.
            TransientError: when nobody knows whether it stands there now.
        """
        api = self._clients.of(item.repository, Purpose.CHECK)
        shown = parse_check_run(item.desired.text)
        found = await self._find(api, item, shown)
        there = found.output.annotations_count if found else 0
        batches = [
            shown.annotations[n : n + BATCH] for n in range(there, len(shown.annotations), BATCH)
        ] or [()]
        for batch in batches:
            body = _body(shown, batch)
            found = await (
                _update(api, item, found.id, body) if found else _create(api, item, shown, body)
            )
        if found is None:
            raise AssertionError("there is at least one batch")
        return Standing(found.id, found.html_url, None)

    async def _find(
        self, api: GitHubApi, item: OutwardItem, shown: CheckRun
    ) -> _CheckRunAnswer | None:
        # Without being told, too: a database that was put back does not know what it forgot.
        answer = await api.read(
            lambda rest: rest.checks.async_list_for_ref(
                item.repository.owner,
                item.repository.name,
                shown.commit,
                check_name=NAME,
                app_id=self._app_id,
                filter_="all",
            )
        )
        ours = _external_id(item)
        found = understood(_CheckRunsAnswer, answer).check_runs
        return next((run for run in found if run.external_id == ours), None)


async def _create(api: GitHubApi, item: OutwardItem, shown: CheckRun, body: Any) -> _CheckRunAnswer:
    data: Any = {"name": NAME, "head_sha": shown.commit, "external_id": _external_id(item), **body}
    return understood(
        _CheckRunAnswer,
        await api.write(
            lambda rest: rest.checks.async_create(
                item.repository.owner, item.repository.name, data=data
            )
        ),
    )


async def _update(api: GitHubApi, item: OutwardItem, number: int, body: Any) -> _CheckRunAnswer:
    # Annotations add to those that are there; the rest is the same when sent twice.
    send = api.write if "annotations" in body["output"] else api.ensure
    answer = await send(
        lambda rest: rest.checks.async_update(
            item.repository.owner, item.repository.name, number, data=body
        )
    )
    return understood(_CheckRunAnswer, answer)


def _external_id(item: OutwardItem) -> str:
    return f"{item.run}/{item.desired.key}"


def _body(shown: CheckRun, batch: tuple[Annotation, ...]) -> Any:
    output: dict[str, Any] = {"title": shown.title, "summary": shown.summary}
    if batch:
        output["annotations"] = [_annotation(remark) for remark in batch]
    if shown.conclusion is None:
        return {"status": "in_progress", "output": output}
    return {"status": "completed", "conclusion": shown.conclusion, "output": output}


def _annotation(remark: Annotation) -> dict[str, Any]:
    return {
        "path": remark.path,
        "start_line": remark.line,
        "end_line": remark.line,
        "annotation_level": remark.level,
        "title": remark.title,
        "message": remark.message,
    }
