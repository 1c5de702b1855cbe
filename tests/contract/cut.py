"""Cuts GitHub's published schemas to what this project uses. It checks nothing itself.

    npm install --ignore-scripts --prefix DIR $(python -m tests.contract.cut --packages)
    python -m tests.contract.cut DIR

What is used is what the stand-in serves: its REST routes, its GraphQL fields, the events below. The
packages are MIT licensed; versions and licences are written beside what was cut.
"""

import json
import lzma
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_schema, print_schema

from app.rehearsal.github.application import routes
from app.rehearsal.github.graphql.schema import make_schema
from tests.contract.graph import cut_schema
from tests.contract.schemas import Folding, modern, references, upgraded
from tests.contract.shape import shape

DATA = Path(__file__).parent / "data"
# The version that the client sends; the packages hold the first one with the patches to it.
VERSION = "2026-03-10"
PACKAGES = {
    "@octokit/openapi": "23.0.2",
    "@octokit/openapi-webhooks": "12.1.0",
    "@octokit/graphql-schema": "15.26.1",
    "@octokit/webhooks-examples": "7.6.1",
}
LICENCES = {
    "@octokit/openapi": "LICENSE",
    "@octokit/openapi-webhooks": "LICENSE",
    "@octokit/graphql-schema": "LICENSE.md",
}
# By event, the actions that the stand-in delivers; None where the event has no action.
EVENTS: dict[str, tuple[str | None, ...]] = {
    "check_run": ("completed", "created"),
    "installation": ("created", "deleted"),
    "issue_comment": ("created", "deleted", "edited"),
    "issues": (
        "assigned",
        "closed",
        "edited",
        "labeled",
        "opened",
        "reopened",
        "unassigned",
        "unlabeled",
    ),
    "label": ("created", "deleted", "edited"),
    "ping": (None,),
    "pull_request": (
        "closed",
        "converted_to_draft",
        "edited",
        "labeled",
        "opened",
        "ready_for_review",
        "reopened",
        "review_request_removed",
        "review_requested",
        "synchronize",
        "unlabeled",
    ),
    "pull_request_review": ("submitted",),
    "pull_request_review_comment": ("created",),
    "push": (None,),
}


def main(arguments: list[str]) -> None:
    """Write the cut files from the packages below a folder."""
    if arguments == ["--packages"]:
        print(*(f"{name}@{version}" for name, version in PACKAGES.items()))  # noqa: T201 - its answer
        return
    packages = Path(arguments[0]) / "node_modules"
    for name, version in PACKAGES.items():
        found = json.loads((packages / name / "package.json").read_text())["version"]
        if found != version:
            raise SystemExit(f"{name} is {found}; {version} is wanted")
    DATA.mkdir(exist_ok=True)
    _write("openapi.json", _rest(_load(packages / "@octokit/openapi/generated")))
    _write("webhooks.json", _hooks(_load(packages / "@octokit/openapi-webhooks/generated")))
    whole = (packages / "@octokit/graphql-schema/schema.graphql").read_text()
    served = print_schema(make_schema())
    (DATA / "schema.graphql").write_text(cut_schema(_published(whole), build_schema(served)))
    examples = packages / "@octokit/webhooks-examples/api.github.com/index.json"
    (DATA / "examples.json.xz").write_bytes(_packed(json.loads(examples.read_text())))
    for name, file in LICENCES.items():
        target = f"LICENSE.{name.rpartition('/')[2]}"
        shutil.copyfile(packages / name / file, DATA / target)
    _write("versions.json", {"api": VERSION, "packages": PACKAGES, "licence": "MIT"})


def _load(folder: Path) -> Any:
    return json.loads((folder / "api.github.com.json").read_text())


def _published(whole: str) -> GraphQLSchema:
    # The package defines two fields of a type that we do not use twice.
    return build_schema(whole, assume_valid_sdl=True)


def _write(name: str, value: Any) -> None:
    # A line for each operation, event and schema, so that a new version can be read as a diff.
    lines = json.dumps(value, indent=2, sort_keys=True).splitlines()
    folded_lines: list[str] = []
    for line in lines:
        if len(line) - len(line.lstrip()) > 6:
            folded_lines[-1] += line.strip()
        else:
            folded_lines.append(line)
    (DATA / name).write_text("\n".join(folded_lines) + "\n")


def _packed(groups: list[dict[str, Any]]) -> bytes:
    examples = [[group["name"], example] for group in groups for example in group["examples"]]
    return lzma.compress(json.dumps(examples, separators=(",", ":")).encode(), preset=9)


def _rest(whole: dict[str, Any]) -> dict[str, Any]:
    spec = upgraded(whole, VERSION)
    published = {
        (method.upper(), shape(path)): (path, operation, item.get("parameters", []))
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    operations: dict[str, Any] = {}
    for route in routes():
        found = published.get((route.method, shape(route.path)))
        if found is None:
            raise SystemExit(f"GitHub publishes no {route.method} {route.path}")
        path, operation, common = found
        operations[f"{route.method} {path}"] = _operation(spec, operation, common)
    # Here, and nowhere else, an account is said to be a user and an enterprise at once.
    listed = operations["GET /app/installations"]["responses"]["200"]
    listed["items"] = {"$ref": "#/components/schemas/installation"}
    # Each refusal of the one kind is one of the other kind too: `oneOf` would never hold.
    clash = operations["PUT /repos/{owner}/{repo}/contents/{path}"]["responses"]["409"]
    clash["anyOf"] = clash.pop("oneOf")
    return _whole({"operations": modern(operations)}, spec["components"]["schemas"])


def _operation(
    spec: dict[str, Any], operation: dict[str, Any], common: list[Any]
) -> dict[str, Any]:
    parameters = [_resolved(spec, each) for each in [*operation.get("parameters", []), *common]]
    body = _resolved(spec, operation.get("requestBody", {}))
    return {
        "operationId": operation["operationId"],
        "parameters": [
            {key: each[key] for key in ("name", "in", "required", "schema") if key in each}
            for each in parameters
        ],
        "request": _json_schema(body),
        "requestRequired": body.get("required", False),
        "responses": {
            status: _json_schema(_resolved(spec, answer))
            for status, answer in operation["responses"].items()
        },
    }


def _resolved(spec: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        kind, name = part["$ref"].split("/")[-2:]
        part = spec["components"][kind][name]
    return part


def _json_schema(part: dict[str, Any]) -> Any:
    content: dict[str, Any] = part.get("content", {})
    chosen: dict[str, Any] = content.get("application/json") or next(
        (value for kind, value in content.items() if "json" in kind), {}
    )
    return chosen.get("schema")


def _hooks(whole: dict[str, Any]) -> dict[str, Any]:
    events = {}
    for event, actions in EVENTS.items():
        for action in actions:
            name = "-".join(part.replace("_", "-") for part in (event, action) if part)
            body = whole["webhooks"][name]["post"]["requestBody"]
            events[name] = modern(_json_schema(body))
    return _whole({"events": events}, whole["components"]["schemas"])


def _whole(cut: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Add every schema that is referred to; what stands in several places is kept once."""
    needed: dict[str, Any] = {}
    todo = list(references(cut))
    while todo:
        name = todo.pop().rpartition("/")[2]
        if name not in needed:
            needed[name] = modern(schemas[name])
            todo += references(needed[name])
    folding = Folding()
    for schema in [*needed.values(), *_schemas(cut, lambda each: each)]:
        folding.count(schema)
    _schemas(cut, folding.fold)
    named = {name: folding.inside(schema) for name, schema in needed.items()}
    return {**cut, "components": {"schemas": {**named, **folding.kept}}}


def _schemas(cut: dict[str, Any], act: Callable[[Any], Any]) -> list[Any]:
    """Replace every schema of the operations or events, and list what they became."""
    found = []
    events = cut.get("events", {})
    for name in events:
        events[name] = act(events[name])
        found.append(events[name])
    for operation in cut.get("operations", {}).values():
        operation["request"] = act(operation["request"])
        answers = operation["responses"]
        for status in answers:
            answers[status] = act(answers[status])
        found += [operation["request"], *answers.values()]
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
