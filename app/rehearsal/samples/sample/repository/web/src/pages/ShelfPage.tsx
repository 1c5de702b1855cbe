import { useEffect, useState } from "preact/hooks";
import type { ApiClient } from "../api/client";
import type { Tool } from "../api/types";
import { type ToolActions, ToolCard } from "../components/ToolCard";
import { summarize } from "../summary";

/** The shelf, kept in step with the server after everything that is done. */
export function ShelfPage({ client }: { client: ApiClient }) {
  const [tools, setTools] = useState<readonly Tool[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  async function attempt(doing: Promise<unknown>): Promise<void> {
    try {
      await doing;
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setTools(await client.tools());
  }

  useEffect(() => {
    void attempt(Promise.resolve());
  }, []);

  const actions: ToolActions = {
    lend: (tool, borrower) => void attempt(client.lend(tool.id, { borrower })),
    takeBack: (tool) => void attempt(client.takeBack(tool.id)),
  };

  return <Shelf tools={tools} problem={problem} actions={actions} />;
}

interface Props {
  tools: readonly Tool[] | null;
  problem: string | null;
  actions: ToolActions;
}

/** What the page looks like: loading, empty, or full of tools. */
export function Shelf({ tools, problem, actions }: Props) {
  return (
    <main>
      <h1>Borrowdale</h1>
      {problem && <p role="alert">{problem}</p>}
      {tools === null && <p aria-busy="true">Looking at the shelf…</p>}
      {tools?.length === 0 && <p>The shelf is empty.</p>}
      {tools && tools.length > 0 && (
        <>
          <p class="summary">{summarize(tools)}</p>
          {tools.map((tool) => (
            <ToolCard key={tool.id} tool={tool} actions={actions} />
          ))}
        </>
      )}
    </main>
  );
}
