// Made from server/src/borrowdale/wire.py by borrowdale.typescript. Do not edit.

export type ToolState = "in" | "out";

/** A tool as the front end sees it. Dates are written as `2026-04-11`. */
export interface Tool {
  id: number;
  name: string;
  notes: string;
  state: ToolState;
  borrower: string | null;
  since: string | null;
}

/** What it takes to put a tool on the shelf. */
export interface NewTool {
  name: string;
  notes: string;
}

/** What it takes to borrow a tool. */
export interface NewLoan {
  borrower: string;
}

/** What could not be done, in a sentence. */
export interface Problem {
  error: string;
}
