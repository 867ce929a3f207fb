/** How much of a recording goes for good: all of it, or what was printed before or after the moment shown. */
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { bytesWords, exactClock } from "#shared/lib/words.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useKeys } from "#renderer/state/hooks.ts";
import type { Overlay } from "#renderer/state/overlayKinds.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import "./session.css";

type Doomed = Extract<Overlay, { kind: "deleteRecording" }>;
type Part = "all" | "before" | "after";

export function DeleteRecordingDialog({ doomed }: { readonly doomed: Doomed }): ReactElement {
  const { store } = useApp();
  const { path, generation, atMs, isRunning } = doomed;
  const [part, setPart] = useState<Part>(isRunning ? "before" : "all");
  const deletion = useDeletion(doomed, part);
  const close = () => closeOverlay(store);
  useKeys("Question", [{ keys: "esc", label: "Cancel", run: close, inInputs: true }], "modal");
  const title = `Delete the recording of life ${generation}?`;
  const { problem, words } = deletion;
  return (
    <Dialog label={title} role="alertdialog" width={460} onClose={close}>
      <div className="dialog-head">{title}</div>
      <div className="dialog-body recording-part t2">
        {atMs !== undefined && (
          <Segments label="How much" value={part} options={partsOf(atMs, isRunning)} onChange={setPart} />
        )}
        {problem === undefined ? (
          <p>
            {words} that {path} printed {WHEN[part]} go from the disk for good. The life and its events stay.
          </p>
        ) : (
          <p role="alert">{problem}</p>
        )}
      </div>
      <div className="dialog-foot">
        <Button size="large" keys="esc" onClick={close} data-autofocus>
          Cancel
        </Button>
        <span className="grow" />
        <Button
          size="large"
          kind="danger"
          disabled={!deletion.canDelete}
          running={deletion.isPending && "Deleting"}
          onClick={() => void deletion.run().then((done) => done && close())}
        >
          Delete
        </Button>
      </div>
    </Dialog>
  );
}

const WHEN: Readonly<Record<Part, string>> = {
  all: "in this life",
  before: "before this moment",
  after: "from this moment on",
};

/** The end of a running life is its screen: it stays. */
function partsOf(atMs: number, isRunning: boolean): readonly { readonly value: Part; readonly label: string }[] {
  const before = { value: "before", label: `Before ${exactClock(atMs)}` } as const;
  if (isRunning) return [before];
  return [{ value: "all", label: "All of it" }, before, { value: "after", label: `From ${exactClock(atMs)} on` }];
}

function orderOf({ sessionId, atMs }: Doomed, part: Part): { sessionId: string; since?: string; until?: string } {
  if (atMs === undefined || part === "all") return { sessionId };
  const moment = new Date(atMs).toISOString();
  return part === "before" ? { sessionId, until: moment } : { sessionId, since: moment };
}

/** What would go, and the command that takes it. */
function useDeletion(doomed: Doomed, part: Part) {
  const queries = useQueryClient();
  const isLive = useIsLive();
  const order = orderOf(doomed, part);
  const preview = useCoreQuery("recording.preview", order, { staleMs: 0 });
  const remove = useCommand("recording.delete");
  const bytes = preview.error === null && !preview.isPlaceholderData ? preview.data?.bytes : undefined;
  const nothing = bytes === 0 ? "Nothing was printed there." : undefined;
  return {
    problem: remove.error?.message ?? preview.error?.message ?? nothing,
    words: bytes === undefined ? "…" : bytesWords(bytes),
    canDelete: isLive && (bytes ?? 0) > 0,
    isPending: remove.isPending,
    run: async (): Promise<boolean> => {
      const removed = await remove.run(order, { isQuiet: true });
      if (removed.ok) await queries.invalidateQueries();
      return removed.ok;
    },
  };
}
