import type { Tool } from "../api/types";
import { NameForm } from "./NameForm";
import { WaitingList } from "./WaitingList";

export interface ToolActions {
  lend: (tool: Tool, borrower: string) => void;
  takeBack: (tool: Tool) => void;
  join: (tool: Tool, name: string) => void;
  leave: (tool: Tool, name: string) => void;
}

interface Props {
  tool: Tool;
  actions: ToolActions;
}

/** One tool of the shelf: where it is, who waits for it, and what can be done about it. */
export function ToolCard({ tool, actions }: Props) {
  return (
    <article class="tool">
      <header>
        <h2>{tool.name}</h2>
        <span class={`state state-${tool.state}`}>{tool.state}</span>
      </header>
      {tool.notes && <p>{tool.notes}</p>}
      <div role="status">
        {tool.state === "out" && (
          <p>
            With {tool.borrower} since <time>{tool.since}</time>
          </p>
        )}
        {tool.state === "held" && <p>Held for {tool.held_for}</p>}
      </div>
      {tool.state === "out" ? (
        <button type="button" onClick={() => actions.takeBack(tool)}>
          It is back
        </button>
      ) : (
        <NameForm
          label={`Who borrows ${tool.name}?`}
          action="Borrow"
          onSubmit={(borrower) => actions.lend(tool, borrower)}
        />
      )}
      {tool.state !== "in" && (
        <WaitingList
          tool={tool}
          onJoin={(name) => actions.join(tool, name)}
          onLeave={(name) => actions.leave(tool, name)}
        />
      )}
    </article>
  );
}
