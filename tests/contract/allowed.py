"""What may differ from GitHub's published contract, and why. At most 25 entries.

GitHub's description lists the statuses that are special to an operation, and leaves out most of
what its documentation says for all of them.
"""

from typing import Final

MOST = 25
_CREDENTIALS = "401 answers bad credentials everywhere (docs: Authenticating to the REST API)"
_PERMISSION = "403 answers a token without the permission (docs: Troubleshooting the REST API)"
_HIDDEN = "404 answers what is not there, or must not be known (docs: Troubleshooting the REST API)"
_SECONDARY = "403 and 429 ask for patience (docs: Rate limits for the REST API)"
_ISSUE = "GET /repos/{owner}/{repo}/issues/{issue_number}"
_COMMENTS = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
_COMMENT = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}"
_MINT = "POST /app/installations/{installation_id}/access_tokens"
_CHECKS = "POST /repos/{owner}/{repo}/check-runs"
_TOKEN = "DELETE /installation/token"  # an operation, not a secret
# (operation, fault) -> reason. Faults are told by `tests.contract.rest`.
ALLOWED: Final[dict[tuple[str, str], str]] = {
    ("GET /app", "status 401"): _CREDENTIALS,
    ("GET /app", "status 404"): "404 answers the JWT of an App that is not there: it is hidden",
    ("GET /repos/{owner}/{repo}", "status 401"): _CREDENTIALS,
    (_ISSUE, "status 401"): _CREDENTIALS,
    (_COMMENTS, "status 401"): _CREDENTIALS,
    (_TOKEN, "status 401"): _CREDENTIALS,
    (_TOKEN, "status 404"): _HIDDEN,
    (_COMMENT, "status 404"): _HIDDEN,
    ("GET /app/hook/deliveries/{delivery_id}", "status 404"): _HIDDEN,
    ("POST /app/hook/deliveries/{delivery_id}/attempts", "status 404"): _HIDDEN,
    (_COMMENT, "status 403"): _PERMISSION,
    (_CHECKS, "status 403"): _PERMISSION,
    ("POST /repos/{owner}/{repo}/git/refs", "status 403"): _PERMISSION,
    ("POST /repos/{owner}/{repo}/issues/{issue_number}/labels", "status 403"): _PERMISSION,
    (_COMMENTS, "status 429"): _SECONDARY,
    (_MINT, "status 429"): _SECONDARY,
    (_ISSUE, "status 403"): _SECONDARY,
    (_COMMENTS, "status 400"): "400 answers a body that is no JSON (docs: Troubleshooting)",
    (_CHECKS, "status 422"): "422 answers limits that the text names: 50 annotations, 65,535 bytes",
    ("GET /repos/{owner}/{repo}", "status 400"): "400 answers a version that GitHub does not know"
    " (docs: API Versions)",
}
