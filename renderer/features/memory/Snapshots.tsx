/** A context's snapshots: named by what is in them, compared with now, restored, removed. */
import type { ReactElement } from "react";
import { bytesWords, plural } from "#shared/lib/words.ts";
import type { SnapshotHead } from "#shared/model/memory.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useNowText } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { atWords } from "./memoryWords.ts";

interface Props {
  readonly contextId: string;
  readonly revision: number;
  readonly compared: string | undefined;
  readonly onCompare: (id: string | undefined) => void;
}

export function Snapshots({ contextId, revision, compared, onCompare }: Props): ReactElement {
  const snapshots = useCoreQuery("snapshot.list", { contextId }, { key: String(revision), staleMs: 1_000 });
  const heads = snapshots.data ?? [];
  const again = () => void snapshots.refetch();
  return (
    <section aria-label="Snapshots">
      <h2>{plural(heads.length, "snapshot")}</h2>
      {snapshots.error !== null && <Problem title={snapshots.error.message} action="Try again" onAction={again} />}
      {heads.length === 0 && (
        <p className="t2">None yet. One is taken before every restore, and when work is handed over.</p>
      )}
      {heads.map((head) => (
        <Row
          key={head.id}
          head={head}
          revision={revision}
          isCompared={head.id === compared}
          onCompare={() => onCompare(head.id === compared ? undefined : head.id)}
          onChanged={again}
        />
      ))}
    </section>
  );
}

interface RowProps {
  readonly head: SnapshotHead;
  readonly revision: number;
  readonly isCompared: boolean;
  readonly onCompare: () => void;
  readonly onChanged: () => void;
}

function Row({ head, revision, isCompared, onCompare, onChanged }: RowProps): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const restore = useCommand("context.restore");
  const remove = useCommand("snapshot.remove");
  const taken = useNowText((now) => `${atWords(head.takenAt, now)}, ${head.takenBy}`);
  const askRestore = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `Restore revision ${head.revision}?`,
        body: `Context ${head.contextId} becomes what it was then, as revision ${revision + 1}. What is in it now is kept in a snapshot of its own. Memories that were forgotten since stay forgotten.`,
        action: "Restore",
        isDangerous: false,
        run: () => void restore.run({ snapshot: head.id, expectedRevision: revision }).then(onChanged),
      },
    });
  const askRemove = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: "Remove this snapshot?",
        body: "It is deleted at once and cannot be taken back. Whoever was handed its address can no longer read it.",
        action: "Remove",
        isDangerous: true,
        run: () => void remove.run({ id: head.id }).then(onChanged),
      },
    });
  return (
    <div className="snapshot-row">
      <span className="mono small ell" title={head.url}>
        {head.id.slice(0, 17)}
      </span>
      <span className="small">Revision {head.revision}</span>
      <span className="t3 small ell">
        {taken}: {head.reason} ({bytesWords(head.bytes)})
      </span>
      <span className="row snapshot-actions">
        <Button kind="quiet" aria-pressed={isCompared} onClick={onCompare}>
          Compare
        </Button>
        <Button kind="quiet" disabled={!isLive} running={restore.isPending && "Restoring"} onClick={askRestore}>
          Restore
        </Button>
        <Button kind="quiet" disabled={!isLive} running={remove.isPending && "Removing"} onClick={askRemove}>
          Remove
        </Button>
      </span>
    </div>
  );
}
