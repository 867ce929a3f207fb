/** A fleet the app remembers: its row, its running tree, and what is wrong with its file. */
import type { FleetRuntime } from "./fleetRuntime.ts";
import type { FleetRow } from "./fleetStatus.ts";

/** A fleet the app knows, up or down. */
export interface KnownFleet {
  row: FleetRow;
  runtime: FleetRuntime;
  fileError: { message: string; line: number; column: number } | undefined;
  unwatch: () => void;
}

/** The fleet and the top node of its tree say the same. */
export function showFileError(known: KnownFleet, error: KnownFleet["fileError"]): void {
  known.fileError = error;
  known.runtime.tree.fileNotice =
    error === undefined
      ? undefined
      : `${known.row.file}:${error.line}:${error.column}: ${error.message} The last good version runs.`;
}
