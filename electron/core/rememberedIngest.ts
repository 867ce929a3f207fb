/** The door for hooks and telemetry, at the address that agents of an earlier run still know. */
import type { Ingest, IngestOptions, OpenIngest } from "#core/ports/ingest.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Store } from "#core/store/index.ts";

interface IngestPorts {
  readonly openIngest: OpenIngest;
  readonly logger: Logger;
  readonly onRefused: NonNullable<IngestOptions["onRefused"]>;
}

/** Opened at the first need; on the port of the last run, so that agents that outlived the app still reach it. */
export function rememberedIngest(
  ports: IngestPorts,
  store: Store,
): { open: () => Promise<Ingest | undefined>; close: () => Promise<void> } {
  let opening: Promise<Ingest | undefined> | undefined;
  const openNow = async (): Promise<Ingest | undefined> => {
    const row = store.get("SELECT value FROM settings WHERE key = 'internal.ingestPort'");
    const port = row === undefined ? Number.NaN : Number(row["value"]);
    const opened = await ports.openIngest({
      onRefused: ports.onRefused,
      ...(Number.isInteger(port) ? { preferredPort: port } : {}),
    });
    if (!opened.ok) {
      ports.logger.error("Hooks and telemetry cannot be received; agents run without them.", {
        error: opened.error.message,
      });
      return undefined;
    }
    store.transact({
      actor: "system",
      work: (tx) =>
        tx.run(
          "INSERT INTO settings (key, value) VALUES ('internal.ingestPort', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
          [String(opened.value.port)],
        ),
    });
    return opened.value;
  };
  return {
    open: () => (opening ??= openNow()),
    close: async () => {
      await (await opening)?.close();
    },
  };
}
