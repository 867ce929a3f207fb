/** What the fleets slice keeps in the store: the fleets, how their children rest, and the restarts that count. */
import { z } from "zod";
import type { NewEvent } from "#shared/model/event.ts";
import { nodeStateSchema } from "#shared/model/states.ts";
import type { Store, StoreTx } from "#core/store/index.ts";
import type { FleetMirror } from "./fleetMirror.ts";
import { fleetStatusSchema } from "./fleetStatus.ts";
import type { FleetRow } from "./fleetStatus.ts";
import type { NodeRecord } from "./treeState.ts";

const fleetRowSchema = z.object({
  name: z.string(),
  file: z.string(),
  last_good_text: z.string().nullable(),
  status: fleetStatusSchema,
  autostart: z.number(),
});

const restSchema = z.object({
  rest: z
    .object({
      state: nodeStateSchema,
      sinceMs: z.number(),
      detail: z.string().optional(),
      nextStartAtMs: z.number().optional(),
    })
    .optional(),
  restarts: z.number(),
  stoppedByPerson: z.boolean(),
  generation: z.number(),
});
export type StoredRest = z.infer<typeof restSchema>;

export class FleetStore {
  readonly #store: Store;
  readonly #mirror: FleetMirror;

  constructor(store: Store, mirror: FleetMirror) {
    this.#store = store;
    this.#mirror = mirror;
  }

  /** The store was damaged: what the mirror has is newer than what could be saved. */
  async restore(): Promise<void> {
    const rows = await this.#mirror.read();
    this.#store.transact({
      actor: "system",
      work: (tx) => {
        for (const row of rows) writeFleet(tx, row);
      },
    });
  }

  fleets(): readonly FleetRow[] {
    return this.#store
      .all("SELECT name, file, last_good_text, status, autostart FROM fleets ORDER BY name")
      .map((raw) => {
        const row = fleetRowSchema.parse(raw);
        return {
          name: row.name,
          file: row.file,
          text: row.last_good_text ?? "",
          status: row.status,
          autostart: row.autostart === 1,
        };
      });
  }

  rests(fleet: string): ReadonlyMap<string, StoredRest> {
    const found = new Map<string, StoredRest>();
    for (const row of this.#store.all("SELECT path, state FROM children WHERE fleet = ?", [fleet])) {
      const rest = readRest(String(row["state"]));
      if (rest !== undefined) found.set(String(row["path"]), rest);
    }
    return found;
  }

  /** Wall-clock ms of restarts counted since `sinceMs`. */
  countedSince(supervisorPath: string, sinceMs: number): readonly number[] {
    return this.#store
      .all("SELECT at_s FROM restarts WHERE supervisor_path = ? AND at_s >= ? ORDER BY at_s", [
        supervisorPath,
        Math.floor(sinceMs / 1000),
      ])
      .map((row) => Number(row["at_s"]) * 1000);
  }

  /** Commits the row and the event together. */
  save(row: FleetRow, event: NewEvent, commandId?: string): ReturnType<Store["transact"]> {
    const saved = this.#store.transact({
      actor: event.actor,
      ...(commandId === undefined ? {} : { commandId: `${commandId}:${event.type}:${row.name}` }),
      work: (tx) => {
        writeFleet(tx, row);
        tx.append(event);
      },
    });
    if (saved.ok) this.#mirror.write(this.fleets());
    return saved;
  }

  forget(name: string, event: NewEvent): ReturnType<Store["transact"]> {
    const forgotten = this.#store.transact({
      actor: event.actor,
      work: (tx) => {
        tx.run("DELETE FROM fleets WHERE name = ?", [name]);
        tx.run("DELETE FROM children WHERE fleet = ?", [name]);
        tx.append(event);
      },
    });
    if (forgotten.ok) this.#mirror.write(this.fleets());
    return forgotten;
  }
}

export function writeFleet(tx: StoreTx, row: FleetRow): void {
  tx.run(
    `INSERT INTO fleets (name, file, text, last_good_text, status, autostart) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET file = excluded.file, text = excluded.text, last_good_text = excluded.last_good_text,
       status = excluded.status, autostart = excluded.autostart`,
    [row.name, row.file, row.text, row.text, row.status, row.autostart ? 1 : 0],
  );
}

export function writeRest(tx: StoreTx, fleet: string, record: NodeRecord): void {
  const { restarts, stoppedByPerson, generation } = record;
  const rest = record.rest ?? waitingRest(record);
  const state = JSON.stringify({ ...(rest === undefined ? {} : { rest }), restarts, stoppedByPerson, generation });
  tx.run(
    "INSERT INTO children (path, fleet, id, state) VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET state = excluded.state",
    [record.path, fleet, record.spec.id, state],
  );
}

/** A start that waits for its time waits on after one more restart of the app. */
function waitingRest({ agent }: NodeRecord): NodeRecord["rest"] {
  const view = agent?.view;
  if (view?.parkUntilMs === undefined || (view.state !== "backoff" && view.state !== "starting")) return undefined;
  return { state: "backoff", sinceMs: view.sinceMs, nextStartAtMs: view.parkUntilMs };
}

export function writeCounted(tx: StoreTx, supervisorPath: string, atMs: number): void {
  tx.run("INSERT INTO restarts (supervisor_path, at_s) VALUES (?, ?)", [supervisorPath, Math.floor(atMs / 1000)]);
}

export function clearCounted(tx: StoreTx, supervisorPath: string): void {
  tx.run("DELETE FROM restarts WHERE supervisor_path = ?", [supervisorPath]);
}

function readRest(text: string): StoredRest | undefined {
  try {
    const parsed = restSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
