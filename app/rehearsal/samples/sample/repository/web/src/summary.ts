import type { Tool, ToolState } from "./api/types";

/** How many tools are in each state. */
export function countByState(tools: readonly Tool[]): Record<ToolState, number> {
  const counts = { in: 0, out: 0 };
  for (const tool of tools) {
    counts[tool.state] += 1;
  }
  return counts;
}

/** The line above the shelf, such as "3 in, 1 out". */
export function summarize(tools: readonly Tool[]): string {
  return Object.entries(countByState(tools))
    .map(([state, count]) => `${count} ${state}`)
    .join(", ");
}
