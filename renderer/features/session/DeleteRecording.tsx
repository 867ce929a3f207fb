import { Trash2 } from "lucide-react";
import type { ReactElement } from "react";
import type { Life } from "#shared/model/node.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useIsLive } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";

interface Props {
  readonly life: Life;
  /** Moment shown; undefined while live. */
  readonly atMs: number | undefined;
}

/** Asks how much of this life's recording goes. Of a running one only what was printed before the moment shown can. */
export function DeleteRecording({ life, atMs }: Props): ReactElement {
  const { store } = useApp();
  const isConnected = useIsLive();
  const { sessionId, generation, path, endedAt } = life;
  const isRunning = endedAt === undefined;
  const moment = atMs === undefined ? {} : { atMs };
  return (
    <Button
      kind="quiet"
      icon={<Trash2 size={14} />}
      aria-label="Delete this recording"
      title={
        isRunning && atMs === undefined
          ? "Go to a moment to delete what was printed before it, or stop the agent first: its recording is its screen"
          : "Delete this recording, or a part of it, for good"
      }
      disabled={!isConnected || (isRunning && atMs === undefined)}
      onClick={() => openOverlay(store, { kind: "deleteRecording", sessionId, generation, path, isRunning, ...moment })}
    />
  );
}
