/** What recordings take, how much they may, and deleting old ones. */
import type { ReactElement } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand, useCoreQuery } from "#renderer/state/commands.ts";
import { useIsLive, useSettings } from "#renderer/state/hooks.ts";
import { openOverlay, showToast } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { bytesWords, plural } from "#shared/lib/words.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MB = 1024 * 1024;

interface Limit {
  readonly key: "logMaxDays" | "logMaxSessionMb" | "logMaxTotalMb";
  readonly label: string;
  readonly values: readonly number[];
  readonly words: (value: number) => string;
}

const megabytes = (value: number): string => bytesWords(value * MB);
const LIMITS: readonly Limit[] = [
  { key: "logMaxDays", label: "Keep output for", values: [7, 30, 90, 365, 0], words: (days) => plural(days, "day") },
  { key: "logMaxSessionMb", label: "At most, of one life", values: [512, 1024, 4096, 16_384, 0], words: megabytes },
  {
    key: "logMaxTotalMb",
    label: "At most, of all together",
    values: [5120, 20_480, 51_200, 204_800, 0],
    words: megabytes,
  },
];

export function RecordingSettings(): ReactElement {
  const storage = useCoreQuery("recording.list", { limit: 1 });
  return (
    <section className="settings-group" aria-label="Recordings">
      <div className="section-head">
        <h2>Recordings</h2>
        {storage.data !== undefined && (
          <span className="count">
            {plural(storage.data.count, "recording")}, {bytesWords(storage.data.diskBytes)} on disk
            {storage.data.isComplete ? "" : ", still counting"}
          </span>
        )}
      </div>
      <div className="list settings-lines">
        {LIMITS.map((limit) => (
          <LimitLine key={limit.key} limit={limit} />
        ))}
        <DeleteOlder onDone={() => void storage.refetch()} />
      </div>
    </section>
  );
}

/** A value set elsewhere, in the command line, stands among the usual ones. */
function LimitLine({ limit }: { readonly limit: Limit }): ReactElement {
  const value = useSettings()[limit.key];
  const set = useCommand("settings.set");
  const values = limit.values.includes(value) ? limit.values : [value, ...limit.values];
  const options = values.map((one) => ({ value: String(one), label: one === 0 ? "No limit" : limit.words(one) }));
  return (
    <div className="settings-line">
      <span className="grow">
        {limit.label}
        {limit.key === "logMaxTotalMb" && (
          <span className="small t3 settings-hint">
            The oldest output goes first, never what a running terminal shows. Sizes are those on the disk, packed.
          </span>
        )}
      </span>
      <Segments
        label={limit.label}
        value={String(value)}
        options={options}
        onChange={(next) => void set.run({ key: limit.key, value: Number(next) })}
      />
    </div>
  );
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString();
}

function DeleteOlder({ onDone }: { readonly onDone: () => void }): ReactElement {
  const { client, store } = useApp();
  const queries = useQueryClient();
  const isLive = useIsLive();
  const remove = useCommand("recording.deleteOlder");
  const ask = async (days: number) => {
    const before = daysAgo(days);
    const preview = await client.query("recording.preview", { before });
    if (!preview.ok) {
      showToast(store, { kind: "error", text: preview.error.message });
      return;
    }
    const { recordings, bytes } = preview.value;
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `Delete output older than ${plural(days, "day")}?`,
        body: `${bytesWords(bytes)} of ${plural(recordings, "recording")} go from the disk for good.`,
        action: "Delete",
        isDangerous: true,
        run: () =>
          void remove.run({ before }).then(() => {
            onDone();
            return queries.invalidateQueries();
          }),
      },
    });
  };
  return (
    <div className="settings-line">
      <span className="grow">Delete what is older than</span>
      <span className="row">
        {[1, 7, 30].map((days) => (
          <Button key={days} disabled={!isLive || remove.isPending} onClick={() => void ask(days)}>
            {plural(days, "day")}…
          </Button>
        ))}
      </span>
    </div>
  );
}
