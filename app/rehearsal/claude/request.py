"""A Messages request as parsed data, and what one field alone is refused for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.rehearsal.claude.catalog import MOST_OUTPUT, find_model
from app.rehearsal.claude.errors import ApiError, refused

COMPACTION_BETA = "compact-2026-09-04"
SAMPLING = ("temperature", "top_p", "top_k")
FIELDS = frozenset(
    {
        "cache_control",
        "compaction",
        "container",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "thinking",
        "tool_choice",
        "tools",
    }
)
# https://platform.claude.com/docs/en/api/versioning
VERSIONS = frozenset({"2023-01-01", "2023-06-01", "2026-10-21"})

TYPE_NAMES = {str: "string", int: "integer", bool: "boolean", list: "array", dict: "object"}


@dataclass(frozen=True)
class Message:
    """One message with its content as a list of blocks; a plain string counts as one text block."""

    role: str
    content: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class MessagesRequest:
    """A request whose fields are each sound; `raw` is the body as it came."""

    model: str
    max_tokens: int
    messages: tuple[Message, ...]
    system: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...]
    stream: bool
    stop_sequences: tuple[str, ...]
    compaction: Mapping[str, Any] | None
    may_compact: bool
    raw: Mapping[str, Any]


def parse_body(body: bytes) -> dict[str, Any]:
    """Return the body as a JSON object.

    Raises:
        ApiError: it is none.
    """
    try:
        data = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise refused(f"The request body is not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise refused("The request body must be a JSON object")
    return data


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse a request without a key or without a known API version.

    The key comes as `x-api-key` or, as the SDK sends it since 2.x, as a bearer token.

    Raises:
        ApiError: 401 without a key, 400 without or with an unknown `anthropic-version`.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token if scheme.lower() == "bearer" else ""
    if not (headers.get("x-api-key", "").strip() or bearer.strip()):
        raise ApiError("authentication_error", "x-api-key header is required")
    version = headers.get("anthropic-version")
    if version is None:
        raise refused("anthropic-version: header is required")
    if version not in VERSIONS:
        raise refused(f'anthropic-version: "{version}" is not a valid version')


def parse_request(
    body: Mapping[str, Any], betas: frozenset[str], *, counting: bool
) -> MessagesRequest:
    """Return the request in `body`; with `counting` the fields of a reply may be missing.

    Raises:
        ApiError: a field is missing, unknown, of the wrong type or refused by these models.
    """
    allowed = FIELDS if COMPACTION_BETA in betas else FIELDS - {"compaction"}
    for name in SAMPLING:
        if body.get(name) is not None:
            raise refused(f"`{name}` is deprecated for this model.")
    for name in body:
        if name not in allowed and name not in SAMPLING:
            raise refused(f"{name}: Extra inputs are not permitted")
    _check_choice(body.get("tool_choice"))
    _check_thinking(body.get("thinking"))
    return MessagesRequest(
        model=_model(body),
        max_tokens=0 if counting else _max_tokens(body),
        messages=tuple(
            _message(index, one) for index, one in enumerate(_required(body, "messages", list))
        ),
        system=_blocks("system", body.get("system") or []),
        tools=_tools(body.get("tools") or []),
        stream=_optional(body, "stream", bool, default=False),
        stop_sequences=tuple(_optional(body, "stop_sequences", list, default=[])),
        compaction=_compaction(body.get("compaction")),
        may_compact=COMPACTION_BETA in betas,
        raw=body,
    )


def _required(body: Mapping[str, Any], name: str, kind: type) -> Any:
    if name not in body:
        raise refused(f"{name}: Field required")
    return _typed(name, body[name], kind)


def _optional(body: Mapping[str, Any], name: str, kind: type, *, default: Any) -> Any:
    value = body.get(name)
    return default if value is None else _typed(name, value, kind)


def _typed(name: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise refused(f"{name}: Input should be a valid {TYPE_NAMES[kind]}")
    return value


def _model(body: Mapping[str, Any]) -> str:
    name: str = _required(body, "model", str)
    if find_model(name) is None:
        raise ApiError("not_found_error", f"model: {name}")
    return name


def _max_tokens(body: Mapping[str, Any]) -> int:
    count: int = _required(body, "max_tokens", int)
    if count < 0:
        raise refused("max_tokens: Input should be greater than or equal to 0")
    if count > MOST_OUTPUT:
        raise refused(
            f"max_tokens: {count} > {MOST_OUTPUT}, which is the maximum allowed number of output"
            f" tokens for {body['model']}"
        )
    if count == 0 and body.get("stream"):
        raise refused("max_tokens: 0 is not supported with stream")
    return count


def _message(index: int, message: Any) -> Message:
    place = f"messages.{index}"
    _typed(place, message, dict)
    role = message.get("role")
    if role not in ("user", "assistant"):
        raise refused(f"{place}.role: Input should be 'user' or 'assistant'")
    for name in message:
        if name not in ("role", "content"):
            raise refused(f"{place}.{name}: Extra inputs are not permitted")
    if not message.get("content"):
        raise refused(f"{place}: {role} messages must have non-empty content")
    return Message(role, _blocks(f"{place}.content", message["content"]))


def _blocks(place: str, content: Any) -> tuple[Mapping[str, Any], ...]:
    if isinstance(content, str):
        return ({"type": "text", "text": content},)
    _typed(place, content, list)
    for index, block in enumerate(content):
        _typed(f"{place}.{index}", block, dict)
        if not isinstance(block.get("type"), str):
            raise refused(f"{place}.{index}.type: Field required")
    return tuple(content)


def _tools(tools: Any) -> tuple[Mapping[str, Any], ...]:
    _typed("tools", tools, list)
    for index, tool in enumerate(tools):
        _typed(f"tools.{index}", tool, dict)
    return tuple(tools)


def _check_choice(choice: Any) -> None:
    if choice is None:
        return
    kind = _typed("tool_choice", choice, dict).get("type")
    if kind in ("any", "tool"):
        raise refused('tool_choice: type "tool" and "any" are not supported for this model.')
    if kind not in ("auto", "none"):
        raise refused("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'")


def _check_thinking(thinking: Any) -> None:
    if thinking is None:
        return
    kind = _typed("thinking", thinking, dict).get("type")
    if kind in ("enabled", "disabled"):
        raise refused(
            f'"thinking.type.{kind}" is not supported for this model. Use "thinking.type.adaptive"'
            ' and "output_config.effort" to control thinking behavior.'
        )
    if kind not in ("adaptive", "between_tools"):
        raise refused("thinking.type: Input should be 'adaptive' or 'between_tools'")


def _compaction(compaction: Any) -> Mapping[str, Any] | None:
    if compaction is None:
        return None
    _typed("compaction", compaction, dict)
    if compaction.get("type") != "summarize":
        raise refused("compaction.type: Input should be 'summarize'")
    found: Mapping[str, Any] = compaction
    return found
