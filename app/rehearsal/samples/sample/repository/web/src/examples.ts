import type { Tool } from "./api/types";
import type { ToolActions } from "./components/ToolCard";

/** A tool to show things with: on the shelf, unless told otherwise. */
export function exampleTool(different: Partial<Tool> = {}): Tool {
  return {
    id: 1,
    name: "Drill",
    notes: "The bits are in the blue box.",
    state: "in",
    borrower: null,
    since: null,
    ...different,
  };
}

/** Actions that do nothing, for showing what things look like. */
export const idleActions: ToolActions = {
  lend: () => {},
  takeBack: () => {},
};
