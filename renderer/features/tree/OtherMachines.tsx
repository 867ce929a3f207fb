/** Below the tree: those of other machines on the same NATS server, in the same lamps and words; looked at, not steered. */
import { useEffect, useId, useRef, type ReactElement } from "react";
import { useAppState, useNowText, useStateWords } from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { durationWords, plural } from "#shared/lib/words.ts";
import type { Machine, MachineState } from "#shared/model/machine.ts";
import { machineWords } from "#shared/model/machineWords.ts";
import type { NodeState } from "#shared/model/states.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { isFound, rowsOfMachine, type MachineRow } from "./machineRows.ts";
import { NodeLamp } from "./NodeLamp.tsx";
import "./otherMachines.css";

interface Props {
  readonly selected?: string | undefined;
  readonly filter?: string;
  readonly onSelect?: ((path: string) => void) | undefined;
}

export function OtherMachines({ selected, filter = "", onSelect }: Props): ReactElement | null {
  const machines = useAppState((state) => state.machines);
  if (machines.length === 0) return null;
  return (
    <section className="machines scroll" aria-label="Other machines" tabIndex={0}>
      {machines.map((machine) => (
        <OneMachine key={machine.label} machine={machine} selected={selected} filter={filter} onSelect={onSelect} />
      ))}
    </section>
  );
}

/** A machine's own silhouette: one that was not heard of is told apart without its grey. */
export const MACHINE_LAMPS: Readonly<Record<MachineState, NodeState>> = {
  online: "idle",
  away: "rate_limited",
  left: "stopped",
  unknown: "paused",
};

function OneMachine({
  machine,
  selected,
  filter,
  onSelect,
}: Props & { readonly machine: Machine; readonly filter: string }): ReactElement {
  const { label, state, since, cut } = machine;
  const id = useId();
  const words = useNowText((now) => machineWords(state, durationWords(now - Date.parse(since))));
  const rows = rowsOfMachine(machine);
  return (
    <div className={state === "online" ? "machine" : "machine stale"}>
      <h2 className="machine-head" id={id}>
        <Lamp state={MACHINE_LAMPS[state]} size={14} />
        <span className="ell">{label}</span>{" "}
        <span className="t2 machine-words">
          another machine, {words}
          {state === "online" ? "" : "; shown as last heard"}
        </span>
      </h2>
      {rows.length === 0 ? (
        <p className="machine-row t3">No fleet.</p>
      ) : (
        <div className="machine-rows" role="tree" aria-labelledby={id}>
          {rows.map((row) => (
            <Row
              key={row.node.path}
              row={row}
              isSelected={row.node.path === selected}
              isDimmed={filter !== "" && !isFound(row, filter)}
              onSelect={onSelect}
            />
          ))}
        </div>
      )}
      {cut > 0 && (
        <p className="machine-row t3">{plural(cut, "more agent")} not shown: its tree is too large to be sent.</p>
      )}
    </div>
  );
}

interface RowProps extends Pick<Props, "onSelect"> {
  readonly row: MachineRow;
  readonly isSelected: boolean;
  readonly isDimmed: boolean;
}

function Row({ row: { node, depth, machine }, isSelected, isDimmed, onSelect }: RowProps): ReactElement {
  const words = useStateWords(node);
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isSelected) line.current?.scrollIntoView?.({ block: "nearest" });
  }, [isSelected]);
  return (
    <div
      ref={line}
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-label={`${node.id}, ${words}, on ${machine.label}`}
      data-dimmed={isDimmed || undefined}
      className="machine-row"
      onClick={() => onSelect?.(node.path)}
    >
      <span className="machine-name" style={{ paddingLeft: depth * 20 }}>
        <NodeLamp node={node} size={14} />
        <span className={node.kind === "supervisor" ? "strong ell" : "medium ell"}>{node.id}</span>
      </span>
      <span className="machine-cli t2 ell">{cliName(node.agent)}</span>
      <span className="machine-state ell" style={{ color: stateTextColor(node.state) }}>
        {words}
      </span>
      <span className="machine-detail t3 ell">{node.detail ?? node.exitDetail ?? ""}</span>
    </div>
  );
}
