import { Trash2 } from "lucide-react";
import type { ReactElement } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { bytesWords } from "#shared/lib/words.ts";
import type { Life } from "#shared/model/node.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { openOverlay, showToast } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";

/** Deletes the recording of a life that ended, after saying how much goes. */
export function DeleteRecording({ life }: { readonly life: Life }): ReactElement {
  const { client, store } = useApp();
  const queries = useQueryClient();
  const isConnected = useIsLive();
  const remove = useCommand("recording.delete");
  const { sessionId, generation, path } = life;
  const isRunning = life.endedAt === undefined;
  const ask = async () => {
    const preview = await client.query("recording.preview", { sessionId });
    if (!preview.ok) {
      showToast(store, { kind: "error", text: preview.error.message });
      return;
    }
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `Delete the recording of life ${generation}?`,
        body: `${bytesWords(preview.value.bytes)} that ${path} printed go from the disk for good. The life and its events stay.`,
        action: "Delete",
        isDangerous: true,
        run: () => void remove.run({ sessionId }).then(() => queries.invalidateQueries()),
      },
    });
  };
  return (
    <Button
      kind="quiet"
      icon={<Trash2 size={14} />}
      aria-label="Delete this recording"
      title={isRunning ? "Stop the agent first: its recording is its screen" : "Delete this recording for good"}
      disabled={!isConnected || isRunning}
      running={remove.isPending && "Deleting"}
      onClick={() => void ask()}
    />
  );
}
