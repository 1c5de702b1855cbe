"""What happened twice and what was lost, counted in the stand-ins' logs and in git alone."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.durability.lives import Lives
from tests.story import BOT, MARKER, Story

Turn = tuple[str, int, int]
Standing = Counter[tuple[str, str]]


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
    (pull,) = story.pull_requests()
    places = {"issue": story.issue, "pull request": pull["number"]}
    found: Standing = Counter({("pull request", "open"): 1})
    for place, number in places.items():
        for comment in story.comments(number):
            if comment["user"]["login"] == BOT:
                found["comment", f"{place}: {_key(comment['body'])}"] += 1
    for author, subject in _commits(story, pull):
        found["commit", f"{author}: {_anonymous(subject, story)}"] += 1
    branch = f"phaseline/{story.issue}-"
    found["branches", ""] = len(story.git("branch", "--list", f"{branch}*").splitlines())
    found["pushes", ""] = len(story.pushes())
    found.update(_writes(story, places))
    return found


def _writes(story: Story, places: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield what our App has made by REST or GraphQL, as often as GitHub took it."""
    issue, pull = (f"/{number}/" for number in places.values())
    for entry in story.world.requests_of_github():
        path = f"{entry['path']}/"
        made = entry["actor"]["name"] == "phaseline" and entry["status"] == 201
        if made and path.endswith("/comments/") and issue in path:
            yield "comments made", "issue"
        if made and path.endswith("/comments/") and pull in path:
            yield "comments made", "pull request"


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


def run_of(story: Story) -> str:
    """Return the id of the run of an issue, from the marker of its tracker."""
    marker = story.tracker().rpartition("<!-- phaseline:comment ")[2]
    return marker.split()[0]


def _key(body: str) -> str:
    match = MARKER.search(body)
    assert match is not None, body
    return match[1]


def _anonymous(subject: str, story: Story) -> str:
    return subject.replace(f"#{story.issue}", "#N")


def _commits(story: Story, pull: dict[str, Any]) -> Iterator[tuple[str, str]]:
    span = f"{pull['base']['sha']}..{pull['head']['ref']}"
    for line in story.git("log", "--format=%an%x09%s", span).splitlines():
        author, _, subject = line.partition("\t")
        yield author, subject


def answered_turns(story: Story) -> Counter[Turn]:
    """Count the requests of a run that Claude has answered to their end."""
    run = run_of(story)
    return Counter(
        (entry["step"], entry["attempt"], entry["turn"])
        for entry in story.world.requests_of_claude()
        if entry["run"] == run
        and (entry["kind"], entry["status"], entry["disconnected"]) == ("message", 200, False)
    )
