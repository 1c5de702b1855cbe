import type { NewLoan, NewTool, Problem, Tool } from "./types";

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** Something that could not be done. The message is the server's own sentence. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The server's API, one method per endpoint. */
export class ApiClient {
  constructor(private readonly fetch: Fetch) {}

  tools(): Promise<Tool[]> {
    return this.ask("GET", "/api/tools");
  }

  addTool(tool: NewTool): Promise<Tool> {
    return this.ask("POST", "/api/tools", tool);
  }

  lend(toolId: number, loan: NewLoan): Promise<Tool> {
    return this.ask("POST", `/api/tools/${toolId}/loan`, loan);
  }

  takeBack(toolId: number): Promise<Tool> {
    return this.ask("DELETE", `/api/tools/${toolId}/loan`);
  }

  private async ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await this.fetch(path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    if (!response.ok) {
      const problem = (await response.json()) as Problem;
      throw new ApiError(problem.error, response.status);
    }
    return (await response.json()) as Answer;
  }
}
