import pytest

from phases.core.artifacts.code import sign_in_diagram, sign_in_prose, sign_in_span

NAMES_AND_VALUES = [
    *("GET /items", "POST /items/{id}/archive", "/items/<id>", "/users/{id:int}", "{id:int}"),
    *("items.archived_at", "src/a.py:12", "src/**/*.ts", "*.csv", "package.json", "page.tsx"),
    *("list_items", "list_items()", "a.b.c()", "ItemList", "Item | null", "string[]", "List<Item>"),
    *("varchar(255)", "decimal(10, 2)", "enum(open, done)", "count(*)", "Map<string, int>"),
    *("name: string", "limit = 50", "EXPORT_DAYS=7", "status == done", "open -> done"),
    *('aria-live="polite"', "role=alert", '{"error": "not_found"}', "archived_at IS NULL"),
    *("GET /items?limit=10&offset=20", "404 Not Found", "text/csv; charset=utf-8", 'W/"abc"'),
    *("@types/node", "npm run test", "make test", "tests/test_x.py::test_y", "--dry-run"),
    *("ON DELETE CASCADE", "2026-01-02T00:00:00Z", "Idempotency-Key: <uuid>", "X-Total-Count"),
    *("enum", "class", "import", "function", "None", "T1", "Cache-Control: no-store"),
]

CODE_IN_SPANS = [
    *("class Item(Base):", "class Item", "interface Foo {", "struct Item", "impl Store for Db"),
    *("data class Item(val id: Int)", "type Foo = { a: string }", "enum State {", "record Item("),
    *("def f(x: int) -> str", "def total", "function foo()", "fn list(&self) -> Result<()>"),
    *("func (s *Store) List() error", "public static void main(String[] args)", "@Test void x()"),
    *("list_items(limit: int) -> list", "archive_item(item_id)", "f :: Int -> Int", "fetch(url)"),
    *("items.filter(i => i.done)", "i => i.save()", "useState(null)", "lambda x: x"),
    *("import os", "from a import b", "#include <stdio.h>", "use std::io;", "export default Items"),
    *("@import 'x'", "require('x')", "import { A } from './a'", "using System.Linq;"),
    *("CREATE TABLE items (id INTEGER)", "create table items", "SELECT * FROM items"),
    *("insert into items values (1)", "update items set a = 1", "delete from items where a"),
    *("id INTEGER PRIMARY KEY", "drop index items_at", "INSERT INTO items VALUES (1)"),
    *("const x = 1", "let total", "x = y.z()", "return items", "if x:", "x += 1", "a && b"),
    *("raise ValueError", "val x: Int", "$x = 1;", "private String name;", "x := 1", "a === b"),
    *(
        "archived: bool = False",
        "this.items = x",
        "new Store()",
        "assert x == 1",
        "expect(a).toBe(1)",
    ),
    *("@dataclass", '@app.get("/items")', "#[derive(Debug)]", "@Entity"),
    *("<Button onClick={x}>", "<ItemList />", "<ul>", "</div>", '<a href="x">'),
    *("{ id: string; name: string }", "name?: string", '"$ref": "#/x"', "model Item {"),
    *("type Item {", "type Item struct", "input NewItem {", 'syntax = "proto3"'),
    *("$ ls", "curl -X POST http://h/x", "pip install x", "git commit", "#!/bin/sh"),
    *(".card { color: red; }", "display: grid", "@media print", ".row {"),
]

SENTENCES = [
    "The import wizard shows a list.",
    "import items",
    "Select the items from the list.",
    "class of problems: the following",
    "A function (see below) returns the list.",
    "Return the list of items (newest first).",
    "For each item: show it.",
    "If the list is empty: show the empty state.",
    "Update the items set by the person.",
    "Create table rows from items",
    "The interface between the sides:",
    "class Item: the row",
    "While loading: grey rows",
    "with three items: the list",
    "archived_at (timestamp, nullable) -> shown as date",
    "a 404 (not found) -> the error state",
    "with a call to list_items() the store answers",
    "try again: the button",
    "delete from the list",
    "x < y and y > z",
    "An ALTER TABLE in one transaction; no SELECT with a lock.",
    "We use a; b; c.",
    "Each answer is either open; or done;",
    "The filter is kept (as today);",
    'Sorted by "newest" or "oldest";',
    "A private list of names (one per person) stays private.",
    "A const is named const; nothing else changes.",
    'Every error has the body {"error": "not_found"} that clients read.',
]

CODE_IN_PROSE = [
    *("class Item(Base):", "class Foo < Bar", "public class Item {", "interface Item {"),
    *("type Item = { a: string }", "data class Item(val id: Int)", "impl Store for Db {"),
    *("def f(x):", "def total", "func List() error {", "fn list() {", "function go(a) {"),
    *("list(limit: int)", "void run(", "from a import b", "import os.path", "import os;"),
    *("import numpy as np", "export const x = 1;", "#define MOST 3", "package main;"),
    *("CREATE TABLE items (", "SELECT * FROM items WHERE x", "DELETE FROM items"),
    *("const x = useState(1)", "x := 1", "return items;", "total = sum(values)", "items.push(1);"),
    *("if (x) {", "for item in items:", "assert x == 1", "expect(a).toBe(1)", "else {"),
    *('describe("x", () => {', "console.log('x')", "throw new Error(x);", "}", "});"),
    *('@pytest.mark.parametrize("a", [1])', "openapi: 3.0.1", "properties:", "$ ls -la"),
    *(".row { color: red; }", "<Item/>", "type Item struct"),
]


@pytest.mark.parametrize("text", NAMES_AND_VALUES)
def test_a_name_a_path_or_a_value_may_be_marked_as_code(text: str) -> None:
    assert sign_in_span(text) is None


@pytest.mark.parametrize("text", CODE_IN_SPANS)
def test_code_marked_as_code_is_seen(text: str) -> None:
    assert sign_in_span(text) is not None


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_no_code(text: str) -> None:
    assert sign_in_prose(text) is None


@pytest.mark.parametrize("text", CODE_IN_PROSE)
def test_code_without_any_mark_is_seen(text: str) -> None:
    assert sign_in_prose(text) is not None


@pytest.mark.parametrize(
    "text", ["A --> B", "class Item {", "}", "string name PK", "C->>S: POST /items", "A{Open?}"]
)
def test_the_language_of_diagrams_is_no_code(text: str) -> None:
    assert sign_in_diagram(text) is None


@pytest.mark.parametrize("text", ["x" * 20_000, "((((" * 5_000, "a: " * 7_000, "<a " * 7_000])
def test_a_hostile_line_is_judged_all_the_same(text: str) -> None:
    assert sign_in_span(text) in {None, "a signature", "markup", "a schema"}
