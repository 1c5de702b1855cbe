"""One performance of the demo, from the directory to the verdict. Processes are the stage's."""

from contextlib import suppress

from app.cli.demo import screen
from app.cli.demo.cast import Cast, settle
from app.cli.demo.folder import Folder, discard, opened
from app.cli.demo.maintainer import Issue, Maintainer
from app.cli.demo.options import DemoOptions
from app.cli.demo.outcome import (
    Outcome,
    demand_place,
    is_ready,
    outcome_of,
    read_outcome,
    write_outcome,
)
from app.cli.demo.seen import Seen
from app.cli.demo.stage import NOTICE, key_or_stop, open_issue, set_up
from app.cli.demo.watch import Watcher, wait_for_last_words

SCRIPTED = f"{NOTICE} All else is real."
LIVE = "The model is real, and so are its costs."


def perform(options: DemoOptions) -> bool:
    """Run the demo; return whether the pull request is ready.

    Raises:
        DemoError: it cannot go on.
    """
    _demand_what_comes_late(options)
    with opened(options.data) as folder:
        if options.fresh:
            discard(folder)
        cast = settle(folder, options)
        screen.title("Phaseline demo")
        screen.warn(LIVE if cast.live else SCRIPTED)
        known = read_outcome(folder.outcome)
        if known is not None and options.once:
            screen.say(f"The run of {folder.root} has ended; --fresh starts anew.")
            return _conclude(options, known)
        return _play(folder, cast, options)


def _demand_what_comes_late(options: DemoOptions) -> None:
    """Make sure of what would otherwise be missed when a directory is made and a run is over."""
    if options.live:
        key_or_stop()
    if options.json is not None:
        demand_place(options.json)


def _play(folder: Folder, cast: Cast, options: DemoOptions) -> bool:
    screen.doing("starting the stand-ins and the service …")
    standin = folder.github / "standin.json"
    with (
        set_up(folder, cast, options.latency) as stage,
        Maintainer(standin, f"{cast.url('github')}/api/v3", cast.full_name) as maintainer,
    ):
        issue = open_issue(maintainer, cast)
        _say_where(folder, cast, issue)
        with Watcher(stage, cast, issue, screen.show) as watcher:
            ready = _conclude(options, _follow(folder, cast, maintainer, watcher))
            if options.once:
                return ready
            screen.say("The pages stay up until Ctrl-C. Comment, review, or look around.")
            # Here Ctrl-C is the ordinary end.
            with suppress(KeyboardInterrupt):
                while True:
                    watcher.until_moves()
                    ready = _conclude(options, _follow(folder, cast, maintainer, watcher))
            return ready


def _follow(folder: Folder, cast: Cast, maintainer: Maintainer, watcher: Watcher) -> Outcome:
    seen: Seen = watcher.until_ended()
    wait_for_last_words(maintainer, seen)
    # Comment addresses may have come in after the end.
    seen = watcher.look() or seen
    pull = None if seen.pull_request is None else maintainer.pull(seen.pull_request)
    outcome = outcome_of(cast, seen, pull)
    write_outcome(outcome, folder.outcome)
    return outcome


def _conclude(options: DemoOptions, outcome: Outcome) -> bool:
    if options.json is not None:
        write_outcome(outcome, options.json)
    ready = is_ready(outcome)
    money = outcome["money"]
    seconds = outcome["wall_seconds"]
    took = "" if seconds is None else f" after {seconds:.0f} s"
    spent = f"${money['spent_usd']:.2f} of ${money['limit_usd']:.2f}"
    unit = " (scripted: nobody was charged)" if outcome["scripted"] else ""
    if ready:
        screen.verdict(f"Ready for review{took}, {spent}{unit}", good=True)
        screen.links({"pull request": outcome["pull_request_url"]})
        return True
    screen.verdict(f"The run is {outcome['state']}{took}, {spent}{unit}", good=False)
    if outcome["reason"]:
        screen.say(f"  {outcome['reason']}")
    screen.links({"what happened, and how to go on": outcome["issue_url"]})
    return False


def _say_where(folder: Folder, cast: Cast, issue: Issue) -> None:
    github = cast.url("github")
    rows = {
        "repository": f"{github}/{cast.full_name}",
        "issue": issue.url,
        "service": cast.url("service"),
    }
    if not cast.live:
        rows["scripted Claude"] = cast.url("claude")
    screen.links({**rows, "logs": str(folder.logs)})
