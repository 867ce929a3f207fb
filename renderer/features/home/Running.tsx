/** Agents that run, those that did something last on top. The order is held while the pointer is on the list. */
import { useState, type ReactElement } from "react";
import { useShallow } from "zustand/react/shallow";
import { useAppState, useInfo, useNavigation, useNode } from "#renderer/state/hooks.ts";
import { NodeLamp, StateWord } from "#renderer/state/StateWord.tsx";
import { shortPath } from "#shared/lib/words.ts";
import { cliName, isRunning, WAITING_STATES } from "#shared/model/stateWords.ts";
import type { NodePatch } from "#shared/contract/index.ts";
import type { NodeState } from "#shared/model/states.ts";

/** The first screen holds about this many; the tree holds them all. */
const SHOWN = 24;

const ORDER: Partial<Record<NodeState, number>> = { busy: 0, starting: 1, idle: 2, rate_limited: 3 };

export function Running(): ReactElement | null {
  const latest = useAppState(useShallow(({ nodes }) => runningPaths(nodes)));
  const agents = useAppState(({ nodes }) => [...nodes.values()].filter((node) => node.kind === "agent").length);
  const waiting = useAppState(
    ({ nodes }) => [...nodes.values()].filter((node) => node.kind === "agent" && WAITING_STATES.has(node.state)).length,
  );
  const [held, setHeld] = useState<readonly string[]>();
  const navigation = useNavigation();
  const paths = held?.filter((path) => latest.includes(path)) ?? latest;
  if (latest.length === 0) return null;
  return (
    <section aria-label="Running">
      <div className="section-head">
        <h2>Running</h2>
        <span className="count">
          {latest.length} of {agents}
          {waiting > 0 && `, ${waiting} more ${waiting === 1 ? "waits" : "wait"} above`}
        </span>
        <span className="aside small">by last activity</span>
      </div>
      <ul className="list" onMouseEnter={() => setHeld(latest)} onMouseLeave={() => setHeld(undefined)}>
        {paths.slice(0, SHOWN).map((path) => (
          <RunningRow key={path} path={path} />
        ))}
      </ul>
      {paths.length > SHOWN && (
        <button type="button" className="small t3 home-rest" onClick={() => navigation.navigate({ page: "tree" })}>
          and {paths.length - SHOWN} more in the tree
        </button>
      )}
    </section>
  );
}

/** Busy first, then by when the state last changed. Those waiting for a person stand above, under Needs you. */
function runningPaths(nodes: ReadonlyMap<string, NodePatch>): readonly string[] {
  return [...nodes.values()]
    .filter((node) => node.kind === "agent" && isRunning(node.state) && !WAITING_STATES.has(node.state))
    .toSorted(
      (left, right) =>
        (ORDER[left.state] ?? 9) - (ORDER[right.state] ?? 9) || right.stateSince.localeCompare(left.stateSince),
    )
    .map((node) => node.path);
}

function RunningRow({ path }: { readonly path: string }): ReactElement | null {
  const node = useNode(path);
  const navigation = useNavigation();
  const homeDir = useInfo()?.homeDir;
  if (node === undefined) return null;
  const cli = cliName(node.agent);
  return (
    <li>
      <button type="button" className="home-row" onClick={() => navigation.navigate({ page: "terminals", path })}>
        <NodeLamp node={node} />
        <span className="home-name medium ell">{node.id}</span>
        <span className="home-state small">
          <StateWord node={node} />
        </span>
        <span className="grow ell t2">{node.detail ?? ""}</span>
        <span className="home-cwd mono t3 ell">{node.cwd === undefined ? "" : shortPath(node.cwd, homeDir)}</span>
        <span className="home-cli small t3">{cli}</span>
      </button>
    </li>
  );
}
