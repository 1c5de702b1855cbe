import type { Tool } from "../api/types";
import { NameForm } from "./NameForm";

export interface ToolActions {
  lend: (tool: Tool, borrower: string) => void;
  takeBack: (tool: Tool) => void;
}

interface Props {
  tool: Tool;
  actions: ToolActions;
}

/** One tool of the shelf: where it is, and what can be done about it. */
export function ToolCard({ tool, actions }: Props) {
  return (
    <article class="tool">
      <header>
        <h2>{tool.name}</h2>
        <span class={`state state-${tool.state}`}>{tool.state}</span>
      </header>
      {tool.notes && <p>{tool.notes}</p>}
      {tool.state === "out" ? (
        <>
          <p>
            With {tool.borrower} since <time>{tool.since}</time>
          </p>
          <button type="button" onClick={() => actions.takeBack(tool)}>
            It is back
          </button>
        </>
      ) : (
        <NameForm
          label={`Who borrows ${tool.name}?`}
          action="Borrow"
          onSubmit={(borrower) => actions.lend(tool, borrower)}
        />
      )}
    </article>
  );
}
