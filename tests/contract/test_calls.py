"""What the product calls is emulated, and what is emulated is published."""

import re
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, build_schema, print_schema
from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from app.rehearsal.github.application import routes
from app.rehearsal.github.graphql.schema import make_schema
from tests.contract.graph import Graph, cut_schema
from tests.contract.rest import DATA, github_rest
from tests.contract.shape import shape

ROOT = Path(__file__).parents[2]
# The stand-in, its pages and the demo's maintainer are not the product.
PRODUCT = [path for path in sorted((ROOT / "app").rglob("*.py")) if "rehearsal" not in path.parts]
CALL = re.compile(r"rest\.([a-z_]+)\.async_([a-z_]+)")
# Calls that go past the client: tokens are made by hand, and of the time of day nobody is asked.
HAND_MADE = {"tokens.py", "checkup.py"}
RAW = re.compile(r'"(GET|POST|PUT|PATCH|DELETE)", f?"(/[^"]+)"')
GOTTEN = re.compile(r'http\.get\(f"\{[^}"]+\}(/[^"]+)"')
DOCUMENT = re.compile(r'= """(\s*(?:query|mutation)\b.*?)"""', re.DOTALL)
EMULATED = {f"{route.method} {shape(route.path)}" for route in routes()}
PUBLISHED = {
    f"{name.partition(' ')[0]} {shape(name.partition(' ')[2])}" for name in github_rest().operations
}
BY_ID = {
    operation["operationId"].replace("-", "_").replace("/", "."): name
    for name, operation in github_rest().operations.items()
}

# By the name that githubkit gives it: an operation whose published id is another.
RENAMED = {"repos.compare_commits": "repos.compare_commits_with_basehead"}


def called() -> dict[str, str]:
    """Map the calls that the product's code makes to operations."""
    found = {}
    for path in PRODUCT:
        for part, name in CALL.findall(path.read_text()):
            own = f"{part}.{name}"
            found[f"rest.{part}.async_{name}"] = BY_ID.get(RENAMED.get(own, own), "")
    for path in PRODUCT:
        if path.name in HAND_MADE:
            text = path.read_text()
            for method, address in [
                *RAW.findall(text),
                *(("GET", a) for a in GOTTEN.findall(text)),
            ]:
                found[f"{method} {address}"] = f"{method} {shape(address)}"
    return found


def test_what_is_emulated_is_published() -> None:
    assert EMULATED <= PUBLISHED
    assert PUBLISHED <= EMULATED, "the cut holds more than is in use: cut again"


@pytest.mark.parametrize(("call", "operation"), sorted(called().items()))
def test_what_the_product_calls_is_emulated_and_published(call: str, operation: str) -> None:
    method, _, path = operation.partition(" ")

    assert f"{method} {shape(path)}" in EMULATED & PUBLISHED, call


def test_the_product_calls_github_by_name_alone() -> None:
    """Otherwise the calls could not be read from its code."""
    unnamed = [
        str(path)
        for path in PRODUCT
        if path.name not in {"client.py", "tokens.py"} and ".arequest(" in path.read_text()
    ]

    raw = {
        path.name
        for path in PRODUCT
        if path.parent.name == "github" and "httpx.AsyncClient" in path.read_text()
    }

    assert unnamed == []
    # The connection makes the one that the tokens are asked for with.
    assert raw == HAND_MADE | {"connection.py"}
    assert "GET /meta" in called()
    assert len(called()) > 20


def test_every_document_of_the_product_is_valid_at_github() -> None:
    graph = Graph((DATA / "schema.graphql").read_text())
    documents = [text for path in PRODUCT for text in DOCUMENT.findall(path.read_text())]

    assert documents
    for text in documents:
        assert graph.faults(text, {"id": "PR_1"}, {}) == []


def test_the_graphql_that_is_served_is_githubs() -> None:
    published = build_schema((DATA / "schema.graphql").read_text())
    served = build_schema(print_schema(make_schema()))

    assert cut_schema(published, served) == (DATA / "schema.graphql").read_text()
    for name, ours in served.type_map.items():
        theirs = published.type_map.get(name)
        match ours:
            case GraphQLEnumType() if not name.startswith("__"):
                assert isinstance(theirs, GraphQLEnumType)
                assert set(ours.values) == set(theirs.values)
            case GraphQLInputObjectType():
                assert isinstance(theirs, GraphQLInputObjectType)
                assert {k: str(f.type) for k, f in ours.fields.items()} == {
                    k: str(f.type) for k, f in theirs.fields.items()
                }
            case GraphQLObjectType() | GraphQLInterfaceType() if not name.startswith("__"):
                assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
                for field, part in ours.fields.items():
                    assert str(part.type) == str(theirs.fields[field].type), (name, field)
                    given = {k: str(a.type) for k, a in part.args.items()}
                    known = {k: str(a.type) for k, a in theirs.fields[field].args.items()}
                    assert given.items() <= known.items(), (name, field)
