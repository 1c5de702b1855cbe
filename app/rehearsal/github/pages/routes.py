"""The addresses of all pages and forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.rehearsal.github.pages import apps, code, issues, pulls, settings
from app.rehearsal.github.pages.gate import Result, Visit


@dataclass(frozen=True)
class PageRoute:
    """One address; `foreign` marks a form that other sites may send, for it changes nothing."""

    method: str
    path: str
    handler: Callable[[Visit], Result]
    foreign: bool = False


_REPO = "/{owner}/{repo}"
_ISSUE = _REPO + "/issues/{number}"
_PULL = _REPO + "/pull/{number}"
_APP = "/settings/apps/{slug}"
PAGES = (
    PageRoute("GET", "/", settings.home),
    PageRoute("POST", "/viewer", settings.switch_viewer),
    PageRoute("GET", "/settings/apps", apps.listing),
    PageRoute("GET", "/settings/apps/new", apps.new_app),
    PageRoute("POST", "/settings/apps/new", apps.new_app, foreign=True),
    PageRoute("GET", "/organizations/{org}/settings/apps", apps.listing),
    PageRoute("GET", "/organizations/{org}/settings/apps/new", apps.new_app),
    PageRoute("POST", "/organizations/{org}/settings/apps/new", apps.new_app, foreign=True),
    PageRoute("POST", "/settings/apps", apps.create_app),
    PageRoute("POST", "/settings/apps/manifest", apps.create_from_manifest),
    PageRoute("GET", _APP, apps.general),
    PageRoute("POST", _APP, apps.change_general),
    PageRoute("POST", _APP + "/keys", apps.generate_key),
    PageRoute("GET", _APP + "/permissions", apps.permissions),
    PageRoute("POST", _APP + "/permissions", apps.change_permissions),
    PageRoute("GET", _APP + "/installations", apps.installations),
    PageRoute("POST", _APP + "/installations", apps.install),
    PageRoute("GET", _APP + "/advanced", apps.advanced),
    PageRoute("POST", _APP + "/deliveries/{delivery}/redeliver", apps.redeliver),
    PageRoute("GET", "/apps/{slug}", apps.public_page),
    PageRoute("GET", "/apps/{slug}/installations/new", apps.install_from_public),
    PageRoute("GET", "/{login}", settings.profile),
    PageRoute("GET", _REPO, code.front),
    PageRoute("GET", _REPO + "/tree/{rest:path}", code.tree),
    PageRoute("GET", _REPO + "/blob/{rest:path}", code.blob),
    PageRoute("GET", _REPO + "/raw/{rest:path}", code.raw),
    PageRoute("GET", _REPO + "/commits", code.commits),
    PageRoute("GET", _REPO + "/commits/{rest:path}", code.commits),
    PageRoute("GET", _REPO + "/commit/{sha}", code.commit),
    PageRoute("GET", _REPO + "/branches", code.branches),
    PageRoute("GET", _REPO + "/issues", issues.issues),
    PageRoute("POST", _REPO + "/issues", issues.create_issue),
    PageRoute("GET", _REPO + "/issues/new", issues.new_issue),
    PageRoute("GET", _ISSUE, issues.issue),
    PageRoute("POST", _ISSUE + "/comment", issues.comment),
    PageRoute("POST", _ISSUE + "/edit", issues.edit),
    PageRoute("POST", _ISSUE + "/label", issues.set_label),
    PageRoute("POST", _ISSUE + "/react", issues.react),
    PageRoute("POST", _REPO + "/comments/{comment}", issues.change_comment),
    PageRoute("GET", _REPO + "/pulls", pulls.pulls),
    PageRoute("GET", _PULL, pulls.pull),
    PageRoute("GET", _PULL + "/commits", pulls.pull_commits),
    PageRoute("GET", _PULL + "/files", pulls.pull_files),
    PageRoute("GET", _PULL + "/checks", pulls.pull_checks),
    PageRoute("POST", _PULL + "/act", pulls.act),
    PageRoute("POST", _PULL + "/review", pulls.review),
    PageRoute("POST", _PULL + "/replies/{comment}", pulls.reply),
    PageRoute("GET", _REPO + "/runs/{run}", pulls.check_run),
    PageRoute("GET", _REPO + "/settings", settings.repository_settings),
    PageRoute("POST", _REPO + "/settings", settings.change_settings),
)
