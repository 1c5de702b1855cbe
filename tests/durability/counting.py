"""What happened twice and what was lost, counted in the stand-ins' logs and in git alone."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.books import books
from tests.durability.lives import Lives
from tests.story import BOT, MARKER, Story

Turn = tuple[str, int, int]
Standing = Counter[tuple[str, str]]
CREATED = 201


@dataclass(frozen=True)
class Toll:
    """What deaths have cost: things that stand twice, that are missing, requests asked again.

    `unexcused` are turns that were answered again although no death had cut them off.
    """

    doubled: tuple[str, ...]
    lost: tuple[str, ...]
    repeated: int
    unexcused: tuple[Turn, ...]


def toll(story: Story, unharmed: Story, lives: Lives) -> Toll:
    """Hold a passage against one that nothing interrupted."""
    is_, should = standing(story), standing(unharmed)
    doubled, lost = is_ - should, should - is_
    answered = answered_turns(story)
    again = {turn: times - 1 for turn, times in answered.items() if times > 1}
    in_flight = Counter(cut_off(lives, run_of(story)))
    unexcused = [turn for turn, times in again.items() if times > in_flight[turn[0]]]
    missing = set(answered_turns(unharmed)) - set(answered)
    return Toll(
        tuple(f"{kind} {what}" for kind, what in doubled.elements()),
        (
            *(f"{kind} {what}" for kind, what in lost.elements()),
            *(f"turn {turn}" for turn in sorted(missing)),
        ),
        sum(again.values()),
        tuple(sorted(unexcused)),
    )


def standing(story: Story) -> Standing:
    """Return everything of a run that stands on GitHub or was done there, by kind and name."""
    found: Standing = Counter()
    for pull in story.pull_requests():
        found["pull request", "a draft" if pull["draft"] else "ready"] += 1
        found.update(_on_pull_request(story, pull))
    found.update(_in_conversation(story, story.issue, "issue"))
    branch = f"phaseline/{story.issue}-"
    found["branches", ""] = len(story.git("branch", "--list", f"{branch}*").splitlines())
    found["pushes", ""] = len(story.pushes())
    # Whatever an agent had written in a finished turn is in here, once.
    found["tree", story.git("rev-parse", f"{pull['head']['ref']}^{{tree}}").strip()] += 1
    found.update(_writes(story))
    return found


def _in_conversation(story: Story, number: int, place: str) -> Iterator[tuple[str, str]]:
    for comment in story.comments(number):
        if comment["user"]["login"] == BOT:
            yield "comment", f"{place}: {_key(comment['body'])}"
    for label in story.get(f"issues/{number}")["labels"]:
        yield "label", f"{place}: {label['name']}"
    for reaction in story.get(f"issues/{number}/reactions"):
        if reaction["user"]["login"] == BOT:
            yield "reaction", f"{place}: {reaction['content']}"


def _on_pull_request(story: Story, pull: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _in_conversation(story, pull["number"], "pull request")
    for person in pull["requested_reviewers"]:
        yield "review asked of", person["login"]
    for review in story.get(f"pulls/{pull['number']}/reviews"):
        yield "review", _key(review["body"])
    for remark in story.get(f"pulls/{pull['number']}/comments"):
        yield "remark", f"{remark['path']}:{remark['line']}"
    span = f"{pull['base']['sha']}..{pull['head']['ref']}"
    for line in story.git("log", "--reverse", "--format=%H%x09%an%x09%s", span).splitlines():
        sha, author, subject = line.split("\t")
        yield "commit", f"{author}: {_anonymous(subject, story)}"
        for run in story.get(f"commits/{sha}/check-runs")["check_runs"]:
            told = f"{run['conclusion']}, {run['output']['annotations_count']} annotations"
            yield "check run", f"{_anonymous(subject, story)}: {told}"


def _writes(story: Story) -> Iterator[tuple[str, str]]:
    """Yield what our App has made by REST, as often as GitHub took it."""
    base = f"/api/v3/repos/{story.repository}/"
    mine = {f"{pull['number']}" for pull in story.pull_requests()} | {f"{story.issue}"}
    for entry in story.world.requests_of_github():
        made = entry["actor"]["name"] == BOT and entry["status"] == CREATED
        if not made or not entry["path"].startswith(base):
            continue
        match entry["path"].removeprefix(base).split("/"):
            case ["issues" | "pulls", number, "comments" | "reviews" | "reactions" as what]:
                if number in mine:
                    yield f"{what} made", "issue" if number == f"{story.issue}" else "pull request"
            case ["pulls"] if entry["request"]["head"].startswith(f"phaseline/{story.issue}-"):
                yield "pull requests made", ""
            case ["check-runs"] if entry["request"]["external_id"].startswith(run_of(story)):
                yield "check runs made", ""


def cut_off(lives: Lives, run: str) -> Iterator[str]:
    """Yield a run's steps whose request was under way when a service died, once for each death."""
    for life in lives.notes:
        asked: set[str] = set()
        for note in life:
            kind, _, rest = note.removesuffix(" DIED").partition(" ")
            step = rest.partition(" ")[2].partition(" #")[0]
            if run not in note:
                continue
            if kind == "model":
                asked.add(step)
            elif note.startswith("journal.reply after"):
                asked.discard(step)
        yield from asked


def misaccounted(story: Story, lives: Lives, database: Path) -> tuple[str, ...]:
    """Return what the ledger of a run has otherwise than Claude: requests, and steps.

    Every request that Claude has taken is on it, with its tokens or without an answer; beyond them
    one without an answer where a death may have come before the sending.
    """
    run = run_of(story)
    held = books(story, database, run)
    unsent = Counter(perhaps_unsent(lives, run))
    more = {step: held.unanswered[step] - held.unread[step] for step in held.unanswered}
    steps = {step for step in more if not 0 <= more[step] <= unsent[step]}
    return (*held.wrong, *sorted(steps | set(held.unread - held.unanswered)))


def perhaps_unsent(lives: Lives, run: str) -> Iterator[str]:
    """Yield a run's steps whose request was on the ledger and perhaps not under way, by life."""
    for life in lives.notes:
        expected: set[str] = set()
        for note in life:
            kind, _, rest = note.removesuffix(" DIED").partition(" ")
            step = rest.partition(" ")[2].partition(" #")[0]
            if run in note and kind == "journal.asks":
                expected.add(step)
            elif run in note and (kind == "journal.reply" or note.startswith("model begun")):
                expected.discard(step)
        yield from expected


def run_of(story: Story) -> str:
    """Return the id of the run of an issue, from the marker of its tracker."""
    marker = story.tracker().rpartition("<!-- phaseline:comment ")[2]
    return marker.split()[0]


def _key(body: str) -> str:
    match = MARKER.search(body)
    assert match is not None, body
    # A stop is named by its segment, and each death is followed by another one.
    return re.sub(r"^stop/\d+$", "stop", match[1])


def _anonymous(subject: str, story: Story) -> str:
    return subject.replace(f"#{story.issue}", "#N")


def answered_turns(story: Story) -> Counter[Turn]:
    """Count the requests of a run that Claude has answered to their end."""
    run = run_of(story)
    return Counter(
        (entry["step"], entry["attempt"], entry["turn"])
        for entry in story.world.requests_of_claude()
        if entry["run"] == run
        and (entry["kind"], entry["status"], entry["disconnected"]) == ("message", 200, False)
    )
