import type { ReactElement } from "react";
import { useShallow } from "zustand/react/shallow";
import { useAppState } from "#renderer/state/hooks.ts";
import { KINDS, patternOf } from "./eventRow.ts";

interface Props {
  readonly pattern: string;
  readonly onPattern: (pattern: string) => void;
}

/** The patterns one asks for most: a kind, or one node. They fill the pattern field, so what they mean can be read there. */
export function QuickFilters({ pattern, onPattern }: Props): ReactElement {
  const nodes = useAppState(
    useShallow((state) => [...state.nodes.values()].map((node) => `${node.kind}:${node.path}`)),
  );
  const options = nodes.map((entry) => {
    const cut = entry.indexOf(":");
    const path = entry.slice(cut + 1);
    return { path, pattern: patternOf(path, entry.startsWith("agent") ? "agent" : "supervisor") };
  });
  return (
    <>
      <div className="row" role="group" aria-label="Kinds of events">
        {KINDS.map((kind) => (
          <button
            key={kind.pattern}
            type="button"
            className="chip events-kind"
            aria-pressed={kind.pattern === pattern}
            onClick={() => onPattern(kind.pattern)}
          >
            {kind.label}
          </button>
        ))}
      </div>
      <label className="field events-node">
        <select
          aria-label="Events of one agent or supervisor"
          value={options.find((option) => option.pattern === pattern)?.pattern ?? ""}
          onChange={(event) => onPattern(event.target.value === "" ? ">" : event.target.value)}
        >
          <option value="">Any agent or supervisor</option>
          {options.map((option) => (
            <option key={option.path} value={option.pattern}>
              {option.path}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
