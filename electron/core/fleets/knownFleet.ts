/** A fleet the app remembers: its row, its running tree, and what is wrong with its file. */
import { fail } from "#shared/model/result.ts";
import type { StoredServer } from "./fileServers.ts";
import type { FleetRuntime } from "./fleetRuntime.ts";
import type { FleetRow } from "./fleetStatus.ts";

/** A fleet the app knows, up or down. */
export interface KnownFleet {
  row: FleetRow;
  runtime: FleetRuntime;
  fileError: { message: string; line: number; column: number } | undefined;
  unwatch: () => void;
}

export interface UpRequest {
  readonly file?: string;
  readonly name?: string;
  readonly actor: string;
  /** A launch leaves at rest what had given up or was stopped; `learn` starts nothing. */
  readonly by?: "person" | "launch" | "learn";
}

export interface ParsedUp extends UpRequest {
  readonly file: string;
  readonly name: string;
  readonly text: string;
  readonly fleet: FleetRuntime["fleet"];
}

/** Why a fleet cannot be brought up this way; undefined: it can. */
export function refuseUp(known: KnownFleet | undefined, up: ParsedUp) {
  if (known === undefined) return undefined;
  const { name, file, status } = known.row;
  if (known.runtime.isUp && file !== up.file)
    return fail("conflict", `The fleet ${name} is up from ${file}. Take it down first, or give this one another name.`);
  if (up.by === "launch" && status === "gave_up")
    return fail("conflict", `The fleet ${name} had given up and stays down. Start it with "signalbox start ${name}".`);
  return undefined;
}

/** Servers as the remembered texts have them: same fleet, same id, same way to reach it. */
export function storedServers(known: ReadonlyMap<string, KnownFleet>): StoredServer {
  return (fleet, { id, transport }) =>
    known
      .get(fleet)
      ?.runtime.fleet.servers.some(
        (one) => one.id === id && JSON.stringify(one.transport) === JSON.stringify(transport),
      ) === true;
}

/** The fleet and the top node of its tree say the same. */
export function showFileError(known: KnownFleet, error: KnownFleet["fileError"]): void {
  known.fileError = error;
  known.runtime.tree.fileNotice =
    error === undefined
      ? undefined
      : `${known.row.file}:${error.line}:${error.column}: ${error.message} The last good version runs.`;
}
