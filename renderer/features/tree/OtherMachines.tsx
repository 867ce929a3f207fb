/** Below the tree: those of other machines on the same NATS server, in the same lamps and words, and nothing to press. */
import { useId, type ReactElement } from "react";
import { Server } from "lucide-react";
import { useAppState, useNowText, useStateWords } from "#renderer/state/hooks.ts";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { durationWords, plural } from "#shared/lib/words.ts";
import type { Machine } from "#shared/model/machine.ts";
import { machineWords } from "#shared/model/machineWords.ts";
import type { TreeNode } from "#shared/model/node.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { NodeLamp } from "./NodeLamp.tsx";
import "./otherMachines.css";

export function OtherMachines(): ReactElement | null {
  const machines = useAppState((state) => state.machines);
  if (machines.length === 0) return null;
  return (
    <section className="machines" aria-label="Other machines" tabIndex={0}>
      {machines.map((machine) => (
        <OneMachine key={machine.label} machine={machine} />
      ))}
    </section>
  );
}

function OneMachine({ machine }: { readonly machine: Machine }): ReactElement {
  const { label, state, since, fleets, cut } = machine;
  const id = useId();
  const words = useNowText((now) => machineWords(state, durationWords(now - Date.parse(since))));
  const rows = fleets.flatMap((fleet) => rowsOf(fleet.root, 0));
  return (
    <div className={state === "online" ? "machine" : "machine stale"}>
      <h2 className="machine-head" id={id}>
        <Server size={14} aria-hidden="true" />
        <span className="ell">{label}</span>{" "}
        <span className="t2 machine-words">another machine, {words}; steered there</span>
      </h2>
      <ul className="machine-rows" aria-labelledby={id}>
        {rows.map(({ node, depth }) => (
          <MachineRow key={node.path} node={node} depth={depth} />
        ))}
        {rows.length === 0 && <li className="machine-row t3">No fleet.</li>}
        {cut > 0 && (
          <li className="machine-row t3">{plural(cut, "more agent")} not shown: its tree is too large to be sent.</li>
        )}
      </ul>
    </div>
  );
}

function rowsOf(node: TreeNode, depth: number): readonly { readonly node: TreeNode; readonly depth: number }[] {
  return [{ node, depth }, ...node.children.flatMap((child) => rowsOf(child, depth + 1))];
}

function MachineRow({ node, depth }: { readonly node: TreeNode; readonly depth: number }): ReactElement {
  const words = useStateWords(node);
  return (
    <li className="machine-row">
      <span className="machine-name" style={{ paddingLeft: depth * 20 }}>
        <NodeLamp node={node} size={14} />
        <span className={node.kind === "supervisor" ? "strong ell" : "medium ell"}>{node.id}</span>
      </span>
      <span className="machine-cli t2 ell">{cliName(node.agent)}</span>
      <span className="machine-state ell" style={{ color: stateTextColor(node.state) }}>
        {words}
      </span>
      <span className="machine-detail t3 ell">{node.detail ?? node.exitDetail ?? ""}</span>
    </li>
  );
}
