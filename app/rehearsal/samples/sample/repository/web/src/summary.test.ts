import { describe, expect, it } from "vitest";
import { exampleTool } from "./examples";
import { summarize } from "./summary";

describe("the line above the shelf", () => {
  it("counts the tools in each state", () => {
    const tools = [exampleTool(), exampleTool({ state: "out" }), exampleTool()];

    expect(summarize(tools)).toContain("2 in, 1 out");
  });
});
