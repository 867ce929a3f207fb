import type { ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import { NodeLamp, StateWord } from "#renderer/state/StateWord.tsx";

interface Props {
  readonly agents: readonly NodePatch[];
  readonly shown: readonly string[];
  /** In focus mode a click shows that agent alone; in the grid it puts it on screen or takes it off. */
  readonly isFocusMode: boolean;
  readonly onPick: (path: string) => void;
}

/** Every agent; those on screen are marked and carry their key. */
export function AgentList({ agents, shown, isFocusMode, onPick }: Props): ReactElement {
  return (
    <nav className="agent-list scroll" aria-label="Agents">
      <div className="section-head agent-list-head">{isFocusMode ? "Agents" : "On screen"}</div>
      {agents.map((agent, index) => {
        const at = shown.indexOf(agent.path);
        const number = isFocusMode ? index : at;
        return (
          <button
            key={agent.path}
            type="button"
            className="agent-pick"
            aria-pressed={at >= 0}
            onClick={() => onPick(agent.path)}
            title={isFocusMode ? agent.path : at >= 0 ? `Take ${agent.id} off the screen` : `Put ${agent.id} on screen`}
          >
            <span className="row agent-pick-name">
              <NodeLamp node={agent} size={13} />
              <span className="medium ell grow">{agent.id}</span>
              {number >= 0 && number < 9 && (
                <span className="kbd" aria-hidden="true">
                  {number + 1}
                </span>
              )}
            </span>
            <span className="small agent-pick-state ell">
              <StateWord node={agent} />
            </span>
          </button>
        );
      })}
    </nav>
  );
}
