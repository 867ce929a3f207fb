import { History, Maximize2, Minimize2, Pause, Play, RotateCcw, Search } from "lucide-react";
import type { ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import { shortPath } from "#shared/lib/words.ts";
import { useInfo, useIsLive, useNavigation } from "#renderer/state/hooks.ts";
import { useNodeActions } from "#renderer/state/nodeActions.ts";
import { NodeLamp, StateWord } from "#renderer/state/StateWord.tsx";
import { Button } from "#renderer/ui/Button.tsx";

interface Props {
  readonly node: NodePatch;
  /** Its key, 1 to 9. */
  readonly number: number;
  readonly isMaximised: boolean;
  readonly onFind: () => void;
  readonly onMaximise: () => void;
}

/** One line over a terminal: who it is, how it is, what can be done. */
export function TileHeader({ node, number, isMaximised, onFind, onMaximise }: Props): ReactElement {
  const navigation = useNavigation();
  const home = useInfo()?.homeDir;
  const isLive = useIsLive();
  const { act } = useNodeActions();
  const isRunning = LIVE_STATES.has(node.state);
  return (
    <header className="tile-head">
      <NodeLamp node={node} />
      <button
        type="button"
        className="tile-name ell"
        title={`${node.path}, show it in the tree`}
        onClick={() => navigation.navigate({ page: "tree", path: node.path })}
      >
        {node.id}
      </button>
      <span className="small medium">
        <StateWord node={node} />
      </span>
      <span className="mono t3 ell tile-cwd">{node.cwd === undefined ? "" : shortPath(node.cwd, home)}</span>
      <span className="grow" />
      <span className="tile-actions">
        <Button
          kind="quiet"
          icon={<Search size={13} />}
          aria-label={`Find in ${node.id}`}
          title="Find"
          onClick={onFind}
        />
        {node.state === "paused" ? (
          <Button
            kind="quiet"
            icon={<Play size={13} />}
            aria-label={`Resume ${node.id}`}
            title="Resume"
            disabled={!isLive}
            onClick={() => act("resume", node.path)}
          />
        ) : (
          <Button
            kind="quiet"
            icon={<Pause size={13} />}
            aria-label={`Pause ${node.id}`}
            title="Pause"
            disabled={!isLive || !isRunning}
            onClick={() => act("pause", node.path)}
          />
        )}
        <Button
          kind="quiet"
          icon={<RotateCcw size={13} />}
          aria-label={`${isRunning ? "Restart" : "Start"} ${node.id}`}
          title={isRunning ? "Restart" : "Start"}
          disabled={!isLive}
          onClick={() => act(isRunning ? "restart" : "start", node.path)}
        />
        <Button
          kind="quiet"
          icon={<History size={13} />}
          aria-label={`Session of ${node.id}`}
          title="Open its session"
          onClick={() => navigation.navigate({ page: "session", path: node.path })}
        />
      </span>
      <span className="kbd tile-number" aria-hidden="true">
        {number}
      </span>
      <Button
        kind="quiet"
        icon={isMaximised ? <Minimize2 size={13} /> : <Maximize2 size={13} />}
        aria-label={isMaximised ? "Back to the grid" : `Only ${node.id}`}
        title={isMaximised ? "Back to the grid" : "Only this one"}
        onClick={onMaximise}
      />
    </header>
  );
}
