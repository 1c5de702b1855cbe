"""What GitHub answers when it refuses: the error bodies of its REST API.

Nothing decides here whether to refuse.
"""

from __future__ import annotations

from typing import Any

DOCS = "https://docs.github.com/rest"


class RefusedError(Exception):
    """A request is refused with GitHub's status and body; `headers` go with it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        documentation: str = DOCS,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.documentation = documentation

    def body(self) -> dict[str, Any]:
        """The JSON body.

        Message, errors where there are any, the documentation's address and the status as text.
        """
        errors = {"errors": self.errors} if self.errors is not None else {}
        return {
            "message": self.message,
            **errors,
            "documentation_url": self.documentation,
            "status": str(self.status),
        }


def bad_credentials() -> RefusedError:
    """401: the token is unknown.

    Expired or revoked (docs.github.com/rest/overview/authenticating-to-the-rest-api).
    """
    return RefusedError(401, "Bad credentials")


def needs_authentication() -> RefusedError:
    """401: nobody has signed in."""
    return RefusedError(401, "Requires authentication")


def not_found(documentation: str = DOCS) -> RefusedError:
    """404: there is no such thing, or it must not be known to the one who asks."""
    return RefusedError(404, "Not Found", documentation=documentation)


def not_accessible(documentation: str = DOCS) -> RefusedError:
    """403: the token lacks the permission (docs.github.com/rest/using-the-rest-api)."""
    return RefusedError(403, "Resource not accessible by integration", documentation=documentation)


def must_have_rights(what: str = "Must have admin rights to Repository.") -> RefusedError:
    """403: the person's role is too small."""
    return RefusedError(403, what)


def invalid_field(
    resource: str, field: str, *, code: str = "invalid", value: Any = None
) -> RefusedError:
    """422: a field's value is not accepted (docs.github.com/rest/using-the-rest-api)."""
    error: dict[str, Any] = {"resource": resource, "code": code, "field": field}
    if value is not None:
        error["value"] = value
    return RefusedError(422, "Validation Failed", errors=[error])


def custom(resource: str, message: str, field: str | None = None) -> RefusedError:
    """422 with a sentence of its own, such as `No commits between main and topic`."""
    error = {
        "resource": resource,
        "code": "custom",
        **({"field": field} if field else {}),
        "message": message,
    }
    return RefusedError(422, "Validation Failed", errors=[error])


def unfit(sentence: str) -> RefusedError:
    """422 with plain sentences, as reviews are refused (`validation-error-simple`)."""
    return RefusedError(422, "Unprocessable Entity", errors=[sentence])


def unprocessable(message: str) -> RefusedError:
    """422 with only a message, as the Git database API answers."""
    return RefusedError(422, message)
