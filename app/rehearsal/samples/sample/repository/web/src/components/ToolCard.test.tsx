import { renderToString } from "preact-render-to-string";
import { describe, expect, it } from "vitest";
import type { Tool } from "../api/types";
import { exampleTool, idleActions } from "../examples";
import { ToolCard } from "./ToolCard";

function rendered(tool: Tool): string {
  return renderToString(<ToolCard tool={tool} actions={idleActions} />);
}

describe("the card of a tool", () => {
  it("offers a tool that is in", () => {
    const card = rendered(exampleTool());

    expect(card).toContain("Borrow");
    expect(card).toContain("The bits are in the blue box.");
  });

  it("says who has a tool that is out, and since when", () => {
    const card = rendered(
      exampleTool({ state: "out", borrower: "number 12", since: "2026-04-11" }),
    );

    expect(card).toContain("With number 12 since <time>2026-04-11</time>");
    expect(card).not.toContain("Borrow");
  });
});
