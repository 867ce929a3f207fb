/** How much of its restarts each supervisor has used: the warning before something gives up. */
import { useMemo, type ReactElement } from "react";
import { useShallow } from "zustand/react/shallow";
import { useAppState, useNavigation } from "#renderer/state/hooks.ts";
import { Levers } from "#renderer/ui/Levers.tsx";
import { StrategyGlyph } from "#renderer/ui/StrategyGlyph.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import { STATE_WORDS } from "#shared/model/stateWords.ts";
import { agentGroups, worstGroups, type Group } from "./groups.ts";

const SHOWN = 8;

export function Supervisors(): ReactElement | null {
  const tree = useAppState(useShallow(({ fleets, nodes, children }) => ({ fleets, nodes, children })));
  const groups = useMemo(() => worstGroups(agentGroups(tree), SHOWN), [tree]);
  if (groups.length === 0) return null;
  return (
    <section aria-label="Restarts by supervisor">
      <div className="section-head">
        <h2>Restarts</h2>
        <span className="count">used by supervisor</span>
      </div>
      {groups.map((group) => (
        <SupervisorRow key={group.supervisor.path} group={group} />
      ))}
    </section>
  );
}

function SupervisorRow({ group: { supervisor } }: { readonly group: Group }): ReactElement {
  const navigation = useNavigation();
  const isDown = supervisor.state === "escalated" || supervisor.state === "gave_up";
  return (
    <button
      type="button"
      className="home-supervisor small"
      onClick={() => navigation.navigate({ page: "tree", path: supervisor.path })}
    >
      <span className="t3" title={supervisor.strategy}>
        {supervisor.strategy !== undefined && <StrategyGlyph strategy={supervisor.strategy} />}
      </span>
      <span className="medium ell home-supervisor-name">{supervisor.id}</span>
      <span className="grow">
        {supervisor.intensity !== undefined && supervisor.intensity <= 5 && (
          <Levers used={supervisor.restartsInWindow ?? 0} allowed={supervisor.intensity} />
        )}
      </span>
      <span
        className={isDown ? "medium nowrap tab" : "t2 nowrap tab"}
        style={isDown ? { color: stateTextColor(supervisor.state) } : undefined}
      >
        {usedWords(supervisor, isDown)}
      </span>
    </button>
  );
}

function usedWords({ restartsInWindow = 0, intensity = 0, periodMs = 0, state }: NodePatch, isDown: boolean): string {
  if (isDown) return STATE_WORDS[state];
  return `${restartsInWindow} of ${intensity} in ${Math.round(periodMs / 1000)} s`;
}
