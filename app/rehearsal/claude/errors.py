"""The API's errors: type, status, body. Who raises which is decided elsewhere."""

from typing import Any

# https://platform.claude.com/docs/en/api/errors
STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}


class ApiError(Exception):
    """A request is refused in the API's own form.

    `kind` is one of STATUS; `code` stands in `error.details.error_code` where the API gives one;
    `misfit` is true when the request is sound and only the script does not fit it.
    """

    def __init__(
        self, kind: str, message: str, code: str | None = None, *, misfit: bool = False
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.code = code
        self.misfit = misfit

    @property
    def status(self) -> int:
        """The HTTP status of this error."""
        return STATUS[self.kind]

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the documented error body."""
        error: dict[str, Any] = {"type": self.kind, "message": self.message}
        if self.code is not None:
            error["details"] = {"error_code": self.code}
        return {"type": "error", "error": error, "request_id": request_id}


def refused(message: str, code: str | None = None) -> ApiError:
    """Return a 400 invalid_request_error."""
    return ApiError("invalid_request_error", message, code)
