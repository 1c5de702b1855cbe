import type { Tool } from "../api/types";
import { NameForm } from "./NameForm";

interface Props {
  tool: Tool;
  onJoin: (name: string) => void;
  onLeave: (name: string) => void;
}

/** Who waits for a tool, in the order of the line, and the way in and out of it. */
export function WaitingList({ tool, onJoin, onLeave }: Props) {
  const days = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", timeZone: "UTC" });

  return (
    <section class="waiting" aria-label={`Waiting for ${tool.name}`}>
      {tool.waiting.length === 0 ? (
        <p>Nobody is waiting.</p>
      ) : (
        <ol>
          {tool.waiting.map((place) => (
            <li key={place.name}>
              <span>
                {place.name}, since{" "}
                <time dateTime={place.since}>{days.format(new Date(place.since))}</time>
              </span>
              <button
                type="button"
                aria-label={`${place.name} leaves the line for ${tool.name}`}
                onClick={() => onLeave(place.name)}
              >
                Leave
              </button>
            </li>
          ))}
        </ol>
      )}
      <NameForm label={`Who waits for ${tool.name}?`} action="Join the line" onSubmit={onJoin} />
    </section>
  );
}
