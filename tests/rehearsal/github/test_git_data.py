from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from tests.rehearsal.github.standin import Standin

REPO = "/repos/acme/pocket"
NOWHERE = "1" * 40


def head_of(client: httpx.Client, branch: str = "main") -> str:
    sha: str = client.get(f"{REPO}/git/ref/heads/{branch}").json()["object"]["sha"]
    return sha


def commit_on(
    client: httpx.Client, parent: str, path: str, content: str, **more: object
) -> dict[str, Any]:
    """Make a commit through blob, tree and commit objects."""
    blob = client.post(f"{REPO}/git/blobs", json={"content": content}).json()["sha"]
    entry = {"path": path, "mode": "100644", "type": "blob", "sha": blob}
    tree = client.post(f"{REPO}/git/trees", json={"base_tree": parent, "tree": [entry]}).json()[
        "sha"
    ]
    body = {"message": f"feat: write {path}", "tree": tree, "parents": [parent], **more}
    answer = client.post(f"{REPO}/git/commits", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_commit_is_built_from_objects_and_a_branch_is_put_on_it(standin: Standin) -> None:
    app = standin.installation()
    main = head_of(app)
    author = {"name": "Some One", "email": "one@example.invalid", "date": "2026-01-02T03:04:05Z"}

    made = commit_on(app, main, "src/deep/new.py", "x = 1\n", author=author)
    branch = app.post(f"{REPO}/git/refs", json={"ref": "refs/heads/built", "sha": made["sha"]})
    read = app.get(f"{REPO}/commits/built").json()

    assert made["author"] == author
    assert made["committer"] == author
    assert branch.json()["object"]["sha"] == made["sha"]
    assert [(file["filename"], file["status"]) for file in read["files"]] == [
        ("src/deep/new.py", "added")
    ]
    assert read["files"][0]["patch"] == "@@ -0,0 +1 @@\n+x = 1"
    assert app.get(f"{REPO}/branches/built").json()["commit"]["sha"] == made["sha"]


def test_a_commit_without_author_is_the_bots(standin: Standin) -> None:
    app = standin.installation()

    made = commit_on(app, head_of(app), "a.txt", "a\n")
    listed = app.get(f"{REPO}/commits/{made['sha']}").json()

    assert made["author"]["name"] == "phaseline[bot]"
    assert listed["author"]["login"] == "phaseline[bot]"


def test_an_empty_commit_shares_its_parents_tree(standin: Standin) -> None:
    app = standin.installation()
    main = app.get(f"{REPO}/git/commits/{head_of(app)}").json()

    body = {"message": "chore: open", "tree": main["tree"]["sha"], "parents": [main["sha"]]}
    made = app.post(f"{REPO}/git/commits", json=body).json()

    assert made["tree"]["sha"] == main["tree"]["sha"]
    assert app.get(f"{REPO}/commits/{made['sha']}").json()["files"] == []


def test_a_tree_entry_without_sha_takes_the_path_away(standin: Standin) -> None:
    app = standin.installation()
    main = head_of(app)

    entry = {"path": "src/app.py", "mode": "100644", "type": "blob", "sha": None}
    tree = app.post(f"{REPO}/git/trees", json={"base_tree": main, "tree": [entry]}).json()["sha"]
    paths = [
        row["path"]
        for row in app.get(f"{REPO}/git/trees/{tree}", params={"recursive": "1"}).json()["tree"]
    ]

    assert paths == ["README.md"]


def test_blobs_keep_every_byte(standin: Standin) -> None:
    app = standin.installation()
    content = base64.b64encode(bytes(range(256))).decode()

    sha = app.post(f"{REPO}/git/blobs", json={"content": content, "encoding": "base64"}).json()[
        "sha"
    ]
    read = app.get(f"{REPO}/git/blobs/{sha}").json()

    assert base64.b64decode(read["content"]) == bytes(range(256))
    assert read["size"] == 256


def test_a_reference_moves_forward_or_by_force_and_goes(standin: Standin) -> None:
    app = standin.installation()
    main = head_of(app)
    first = commit_on(app, main, "one.txt", "1\n")["sha"]
    other = commit_on(app, main, "two.txt", "2\n")["sha"]
    app.post(f"{REPO}/git/refs", json={"ref": "refs/heads/moving/ref", "sha": main})

    forward = app.patch(f"{REPO}/git/refs/heads/moving/ref", json={"sha": first})
    sideways = app.patch(f"{REPO}/git/refs/heads/moving/ref", json={"sha": other})
    forced = app.patch(f"{REPO}/git/refs/heads/moving/ref", json={"sha": other, "force": True})
    matching = app.get(f"{REPO}/git/matching-refs/heads/moving").json()
    deleted = app.delete(f"{REPO}/git/refs/heads/moving/ref")

    assert (forward.status_code, forced.status_code, deleted.status_code) == (200, 200, 204)
    assert (sideways.status_code, sideways.json()["message"]) == (
        422,
        "Update is not a fast forward",
    )
    assert [row["ref"] for row in matching] == ["refs/heads/moving/ref"]
    assert app.get(f"{REPO}/git/ref/heads/moving/ref").status_code == 404


@pytest.mark.parametrize(
    ("ref", "sha", "said"),
    [
        ("refs/heads/main", None, "Reference already exists"),
        ("refs/heads/new", NOWHERE, "Object does not exist"),
        ("main", None, "Reference name must be a full ref name"),
        ("refs/heads/a..b", None, "Reference name must be a full ref name"),
    ],
)
def test_a_reference_that_cannot_be_made_is_refused(
    standin: Standin, ref: str, sha: str | None, said: str
) -> None:
    """docs.github.com/rest/git/refs#create-a-reference (422)."""
    app = standin.installation()

    answer = app.post(f"{REPO}/git/refs", json={"ref": ref, "sha": sha or head_of(app)})

    assert answer.status_code == 422
    assert said in answer.json()["message"]


def test_a_reference_that_is_not_there_cannot_be_moved_or_deleted(standin: Standin) -> None:
    """docs.github.com/rest/git/refs#update-a-reference and #delete-a-reference (422)."""
    app = standin.installation()

    moved = app.patch(f"{REPO}/git/refs/heads/nowhere", json={"sha": head_of(app)})
    deleted = app.delete(f"{REPO}/git/refs/heads/nowhere")

    for answer in (moved, deleted):
        assert (answer.status_code, answer.json()["message"]) == (422, "Reference does not exist")


def test_objects_that_do_not_exist_are_refused(standin: Standin) -> None:
    """docs.github.com/rest/git/commits#create-a-commit and /trees#create-a-tree (422),
    /commits#get-a-commit-object (404).
    """
    app = standin.installation()
    tree = app.get(f"{REPO}/git/commits/{head_of(app)}").json()["tree"]["sha"]

    no_tree = app.post(f"{REPO}/git/commits", json={"message": "x", "tree": NOWHERE, "parents": []})
    no_parent = app.post(
        f"{REPO}/git/commits", json={"message": "x", "tree": tree, "parents": [NOWHERE]}
    )
    entry = {"path": "a", "mode": "100644", "type": "blob", "sha": NOWHERE}
    no_blob = app.post(f"{REPO}/git/trees", json={"base_tree": tree, "tree": [entry]})
    outside = app.post(
        f"{REPO}/git/trees", json={"tree": [{"path": "../a", "mode": "100644", "content": "x"}]}
    )

    assert [answer.status_code for answer in (no_tree, no_parent, no_blob, outside)] == [422] * 4
    assert app.get(f"{REPO}/git/commits/{NOWHERE}").status_code == 404
    assert app.get(f"{REPO}/git/blobs/{NOWHERE}").status_code == 404


def test_contents_are_read_listed_and_written(standin: Standin) -> None:
    writer = standin.person("writer")
    packed = base64.b64encode(b"notes\n").decode()

    made = writer.put(
        f"{REPO}/contents/docs/notes.md", json={"message": "docs: add notes", "content": packed}
    )
    read = writer.get(f"{REPO}/contents/docs/notes.md").json()
    stale = writer.put(
        f"{REPO}/contents/docs/notes.md", json={"message": "x", "content": packed, "sha": NOWHERE}
    )
    blind = writer.put(f"{REPO}/contents/docs/notes.md", json={"message": "x", "content": packed})
    changed = writer.put(
        f"{REPO}/contents/docs/notes.md",
        json={
            "message": "docs: change notes",
            "content": base64.b64encode(b"more\n").decode(),
            "sha": read["sha"],
        },
    )
    listed = writer.get(f"{REPO}/contents/docs").json()

    assert made.status_code == 201
    assert base64.b64decode(read["content"]) == b"notes\n"
    assert (stale.status_code, blind.status_code, changed.status_code) == (409, 422, 200)
    assert [(row["name"], row["type"]) for row in listed] == [("notes.md", "file")]
    assert writer.get(f"{REPO}/contents/nothing.txt").status_code == 404
    assert b"Pocket" in base64.b64decode(writer.get(f"{REPO}/readme").json()["content"])


def test_commits_are_listed_and_compared(standin: Standin) -> None:
    app = standin.installation()
    main = head_of(app)
    made = commit_on(app, main, "compared.txt", "1\n")["sha"]
    app.post(f"{REPO}/git/refs", json={"ref": "refs/heads/compared", "sha": made})

    commits = app.get(f"{REPO}/commits", params={"sha": "compared", "per_page": 2}).json()
    ahead = app.get(f"{REPO}/compare/main...compared").json()
    behind = app.get(f"{REPO}/compare/compared...main").json()

    assert [row["sha"] for row in commits] == [made, main]
    assert (ahead["status"], ahead["ahead_by"], behind["status"]) == ("ahead", 1, "behind")
    assert [file["filename"] for file in ahead["files"]] == ["compared.txt"]
    assert app.get(f"{REPO}/compare/main...nowhere").status_code == 404
    assert app.get(f"{REPO}/commits/nowhere").status_code == 422


def test_a_reader_cannot_write_objects_or_refs(standin: Standin) -> None:
    """docs.github.com/rest/git/refs#create-a-reference: contents must be writable."""
    reader = standin.person("reader")
    sha = head_of(reader)

    assert (
        reader.post(f"{REPO}/git/refs", json={"ref": "refs/heads/x", "sha": sha}).status_code == 403
    )
    assert reader.post(f"{REPO}/git/blobs", json={"content": "x"}).status_code == 403


def test_the_default_branch_and_visibility_can_be_changed_by_an_admin(standin: Standin) -> None:
    maintainer, stranger = standin.person("maintainer"), standin.person("stranger")

    shown = maintainer.patch(REPO, json={"private": False, "description": "Pocket"}).json()
    seen = stranger.get(REPO).status_code
    comment = stranger.post(f"{REPO}/issues", json={"title": "From outside"})
    maintainer.patch(REPO, json={"private": True})
    refused = maintainer.patch(REPO, json={"default_branch": "nowhere"})

    assert (shown["visibility"], shown["permissions"]["admin"]) == ("public", True)
    assert (seen, comment.status_code) == (200, 201)
    assert stranger.get(REPO).status_code == 404
    assert refused.status_code == 422


def test_a_comparison_is_read_page_by_page_the_oldest_first(standin: Standin) -> None:
    """docs.github.com/rest/commits/commits#compare-two-commits: files are on the first page."""
    app = standin.installation()
    base = tip = head_of(app)
    made = [tip := commit_on(app, tip, f"{n}.txt", "x\n")["sha"] for n in range(5)]
    url = f"{REPO}/compare/{base}...{tip}"

    whole = app.get(url).json()
    pages = [app.get(url, params={"per_page": 2, "page": n}) for n in range(1, 5)]

    assert [row["sha"] for row in whole["commits"]] == made
    found = [[row["sha"] for row in page.json()["commits"]] for page in pages]
    assert found == [made[:2], made[2:4], made[4:], []]
    assert [len(page.json()["files"]) for page in pages] == [5, 0, 0, 0]
    assert {page.json()["total_commits"] for page in pages} == {5}
    assert 'rel="next"' in pages[0].headers["link"]
