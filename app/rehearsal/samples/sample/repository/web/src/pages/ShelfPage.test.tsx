import { renderToString } from "preact-render-to-string";
import { describe, expect, it } from "vitest";
import type { Tool } from "../api/types";
import { exampleTool, idleActions } from "../examples";
import { Shelf } from "./ShelfPage";

function rendered(tools: Tool[] | null, problem: string | null = null): string {
  return renderToString(<Shelf tools={tools} problem={problem} actions={idleActions} />);
}

describe("the shelf", () => {
  it("says that it is being looked at", () => {
    expect(rendered(null)).toContain('aria-busy="true"');
  });

  it("says that it is empty", () => {
    expect(rendered([])).toContain("The shelf is empty.");
  });

  it("shows every tool", () => {
    const page = rendered([exampleTool({ name: "Drill" }), exampleTool({ id: 2, name: "Ladder" })]);

    expect(page).toContain("<h2>Drill</h2>");
    expect(page).toContain("<h2>Ladder</h2>");
  });

  it("shows what could not be done", () => {
    expect(rendered([], "Drill is out")).toContain('<p role="alert">Drill is out</p>');
  });
});
