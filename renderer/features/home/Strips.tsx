/** The whole fleet as running lines: one line a supervisor, one lamp an agent, in start order. */
import { useMemo, type ReactElement } from "react";
import { useShallow } from "zustand/react/shallow";
import { useAppState, useNavigation } from "#renderer/state/hooks.ts";
import { NodeLamp } from "#renderer/state/StateWord.tsx";
import { stateLampColor, stateTextColor } from "#renderer/ui/stateToken.ts";
import { plural } from "#shared/lib/words.ts";
import { STATE_WORDS } from "#shared/model/stateWords.ts";
import { agentGroups, worstGroups, type Group } from "./groups.ts";

/** About two lines of them at 1440 px; the others are a click away. */
const MAX_STRIPS = 10;
const MAX_DENSE_STRIPS = 6;
/** From here on lamps stand close. */
const MANY_LAMPS = 60;
/** Longer lines would push the others off the page; the rest is counted. */
const MAX_LAMPS = 12;

export function Strips(): ReactElement {
  const tree = useAppState(useShallow(({ fleets, nodes, children }) => ({ fleets, nodes, children })));
  const navigation = useNavigation();
  const groups = useMemo(() => agentGroups(tree), [tree]);
  const agents = groups.reduce((sum, group) => sum + group.agents.length, 0);
  const shown = worstGroups(groups, agents > MANY_LAMPS ? MAX_DENSE_STRIPS : MAX_STRIPS);
  const hidden = groups.length - shown.length;
  const lamps = shown.reduce((sum, group) => sum + group.agents.length, 0);
  const density = lamps > 28 ? " strips-dense" : lamps > 16 ? " strips-close" : "";
  return (
    <div className={`strips${density}`}>
      {shown.map((group) => (
        <Strip key={group.supervisor.path} group={group} />
      ))}
      {hidden > 0 && (
        <button type="button" className="strips-more small t2" onClick={() => navigation.navigate({ page: "tree" })}>
          {`${plural(hidden, "more supervisor")} in the tree`}
        </button>
      )}
    </div>
  );
}

function Strip({ group: { supervisor, agents } }: { readonly group: Group }): ReactElement {
  const navigation = useNavigation();
  const isDown = supervisor.state === "escalated" || supervisor.state === "gave_up";
  const shown = agents.slice(0, MAX_LAMPS);
  const words = agents.map((agent) => `${agent.id} ${STATE_WORDS[agent.state].toLowerCase()}`).join(", ");
  return (
    <button
      type="button"
      className="strip"
      aria-label={`${supervisor.id}, ${plural(agents.length, "agent")}: ${words}`}
      onClick={() => navigation.navigate({ page: "tree", path: supervisor.path })}
    >
      <span
        className="strip-name small medium ell"
        style={isDown ? { color: stateTextColor(supervisor.state) } : undefined}
      >
        {supervisor.id}
      </span>
      <span
        className="strip-line"
        data-down={isDown || undefined}
        style={isDown ? { color: stateLampColor(supervisor.state) } : undefined}
      >
        {shown.map((agent) => (
          <span key={agent.path} className="strip-lamp" title={`${agent.id}: ${STATE_WORDS[agent.state]}`}>
            <NodeLamp node={agent} />
          </span>
        ))}
        {agents.length > shown.length && <span className="strip-lamp micro t2">+{agents.length - shown.length}</span>}
      </span>
    </button>
  );
}
