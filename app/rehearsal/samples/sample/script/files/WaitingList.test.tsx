import { renderToString } from "preact-render-to-string";
import { describe, expect, it } from "vitest";
import type { Place } from "../api/types";
import { exampleTool } from "../examples";
import { WaitingList } from "./WaitingList";

function rendered(waiting: Place[]): string {
  const tool = exampleTool({ state: "out", waiting });
  return renderToString(<WaitingList tool={tool} onJoin={() => {}} onLeave={() => {}} />);
}

describe("the waiting list", () => {
  it("says that nobody waits", () => {
    expect(rendered([])).toContain("Nobody is waiting.");
  });

  it("shows the line in order, with the day each one joined", () => {
    const list = rendered([
      { name: "number 7", since: "2026-04-11" },
      { name: "number 3", since: "2026-04-12" },
    ]);

    expect(list).toMatch(/<ol>.*number 7.*April 11.*number 3.*April 12.*<\/ol>/);
  });

  it("names the list and its buttons for people who do not see them", () => {
    const list = rendered([{ name: "number 7", since: "2026-04-11" }]);

    expect(list).toContain('aria-label="Waiting for Drill"');
    expect(list).toContain('aria-label="number 7 leaves the line for Drill"');
    expect(list).toContain('aria-label="Who waits for Drill?"');
  });
});
