/** Lives and last events of the selected node, read when it is selected and again when a new life begins. */
import type { ReactElement } from "react";
import { ArrowRight } from "lucide-react";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { useNowText } from "#renderer/state/hooks.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import { clockWords, durationWords, exactClock } from "#shared/lib/words.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Life } from "#shared/model/node.ts";
import type { NodeState } from "#shared/model/states.ts";
import { useLastEvents, useLives } from "./treeHistory.ts";

const SHOWN_LIVES = 5;

export function Lives({ node, onSession }: { readonly node: NodePatch; readonly onSession: () => void }): ReactElement {
  const { lives, problem } = useLives(node);
  return (
    <section className="inspect-block" aria-label="Lives">
      <div className="section-head">
        Lives <span className="count">{lives.length > 0 && lives.length}</span>
        <span className="aside small">{modesSentence(lives)}</span>
      </div>
      {problem !== undefined && <div className="small bad">{problem}</div>}
      {lives.slice(0, SHOWN_LIVES).map((life) => (
        <LifeRow key={life.sessionId} life={life} state={node.state} />
      ))}
      {lives.length === 0 && problem === undefined && (
        <div className="small t3">No life yet. It begins with the first start.</div>
      )}
      {lives.length > SHOWN_LIVES && (
        <button type="button" className="inspect-link small" onClick={onSession}>
          All {lives.length} lives
        </button>
      )}
    </section>
  );
}

function modesSentence(lives: readonly Life[]): string {
  const resumed = lives.filter((life) => life.mode === "resumed").length;
  const fresh = lives.filter((life) => life.mode === "fresh").length;
  return [resumed > 0 ? `${resumed} resumed` : "", fresh > 0 ? `${fresh} fresh` : ""]
    .filter((part) => part !== "")
    .join(", ");
}

function LifeRow({ life, state }: { readonly life: Life; readonly state: NodeState }): ReactElement {
  const isRunning = life.endedAt === undefined;
  const span = useNowText((now) =>
    life.endedAt === undefined
      ? `since ${clockWords(Date.parse(life.startedAt), now)}`
      : durationWords(Date.parse(life.endedAt) - Date.parse(life.startedAt)),
  );
  return (
    <div className="inspect-life">
      <Lamp state={isRunning ? state : endState(life)} size={13} />
      <span className="row">
        <span className="medium">Life {life.generation}</span>
        <Chip outline={life.mode === "fresh"}>{life.mode}</Chip>
      </span>
      <span className="small t3 tab">{span}</span>
      <span className="small t2 inspect-life-cause">{isRunning ? "Running" : (life.exitDetail ?? "Ended")}</span>
    </div>
  );
}

const END_STATES: Readonly<Partial<Record<NonNullable<Life["exitCause"]>, NodeState>>> = {
  done: "done",
  stopped: "stopped",
  rate_limited: "rate_limited",
  needs_login: "needs_login",
  keeper_lost: "stopped",
  budget_exhausted: "paused",
};

function endState(life: Life): NodeState {
  return life.exitCause === undefined ? "stopped" : (END_STATES[life.exitCause] ?? "crashed");
}

export function LastEvents({
  node,
  onEvents,
}: {
  readonly node: NodePatch;
  readonly onEvents: () => void;
}): ReactElement {
  const events = useLastEvents(node);
  return (
    <section className="inspect-block" aria-label="Last events">
      <div className="section-head">
        Last events
        <span className="aside small">
          <button type="button" className="inspect-link row" onClick={onEvents}>
            Open in Events <ArrowRight size={12} aria-hidden="true" />
          </button>
        </span>
      </div>
      {events.length === 0 && <div className="small t3">None yet.</div>}
      {events.map((event) => (
        <div key={event.seq} className="inspect-event mono">
          <span className="t3">{exactClock(Date.parse(event.time))}</span>
          <span>{event.type}</span>
          <span className="t3 ell">{gist(event)}</span>
        </div>
      ))}
    </section>
  );
}

/** The first thing in an event's data that a person can read. */
function gist({ data }: StoredEvent): string {
  for (const key of ["detail", "summary", "message", "reason", "cause", "state", "text"]) {
    const value = data[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}
