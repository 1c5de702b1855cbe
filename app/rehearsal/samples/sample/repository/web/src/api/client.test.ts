import { describe, expect, it } from "vitest";
import { exampleTool } from "../examples";
import { ApiClient, ApiError, type Fetch } from "./client";

function answering(status: number, body: unknown): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  const fetch: Fetch = async (path, init) => {
    asked.push(`${init.method} ${path} ${init.body ?? ""}`.trim());
    return Response.json(body, { status });
  };
  return { fetch, asked };
}

describe("the client", () => {
  it("lends a tool", async () => {
    const { fetch, asked } = answering(200, exampleTool({ state: "out" }));

    const tool = await new ApiClient(fetch).lend(3, { borrower: "number 12" });

    expect(tool.state).toBe("out");
    expect(asked).toEqual(['POST /api/tools/3/loan {"borrower":"number 12"}']);
  });

  it("passes on the server's own sentence when something cannot be done", async () => {
    const { fetch } = answering(409, { error: "Drill is out" });

    const lending = new ApiClient(fetch).lend(3, { borrower: "number 12" });

    await expect(lending).rejects.toThrow(new ApiError("Drill is out", 409));
  });
});
