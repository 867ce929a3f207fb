/** Runs, their entries and what still has to be published, as rows. Written only inside the transaction that appends the event. */
import { z } from "zod";
import type { Row, SqlValue } from "#core/ports/database.ts";
import type { StoreTx } from "#core/store/index.ts";
import { entrySchema, runHeadSchema } from "#shared/model/workflow.ts";
import type { Entry, Run, RunHead } from "#shared/model/workflow.ts";
import { workflowSpecSchema } from "#shared/model/workflowFile.ts";
import type { WorkflowSpec } from "#shared/model/workflowFile.ts";

export interface Reader {
  get(sql: string, params?: readonly SqlValue[]): Row | undefined;
  all(sql: string, params?: readonly SqlValue[]): readonly Row[];
}

const RUN = "SELECT head, spec FROM workflow_runs";

export function insertRun(tx: StoreTx, { head, spec, entries }: Run): void {
  tx.run("INSERT INTO workflow_runs (id, fleet, state, started_at, head, spec) VALUES (?, ?, ?, ?, ?, ?)", [
    head.id,
    head.fleet,
    head.state,
    head.startedAt,
    JSON.stringify(head),
    JSON.stringify(spec),
  ]);
  for (const entry of entries) writeEntry(tx, entry);
}

export function writeHead(tx: StoreTx, head: RunHead): void {
  tx.run("UPDATE workflow_runs SET state = ?, head = ? WHERE id = ?", [head.state, JSON.stringify(head), head.id]);
}

export function writeEntry(tx: StoreTx, entry: Entry): void {
  tx.run(
    `INSERT INTO workflow_entries (run, step, state, target, locked_by, since, entry) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run, step) DO UPDATE SET state = excluded.state, target = excluded.target,
       locked_by = excluded.locked_by, since = excluded.since, entry = excluded.entry`,
    [entry.run, entry.step, entry.state, entry.target, entry.lockedBy ?? null, entry.since, JSON.stringify(entry)],
  );
}

export function readRun(reader: Reader, id: string): Run | undefined {
  const row = reader.get(`${RUN} WHERE id = ?`, [id]);
  return row === undefined ? undefined : toRun(reader, row);
}

/** Newest first. */
export function readRuns(reader: Reader, limit: number): readonly Run[] {
  return reader.all(`${RUN} ORDER BY started_at DESC, rowid DESC LIMIT ?`, [limit]).map((row) => toRun(reader, row));
}

/** Those that are not over. */
export function readOpenRuns(reader: Reader): readonly Run[] {
  return reader
    .all(`${RUN} WHERE state IN ('running', 'suspended', 'plan_b', 'compensating') ORDER BY started_at, rowid`)
    .map((row) => toRun(reader, row));
}

/** Who holds a lock on this target now: one agent works for one run at a time. */
export function holderOf(reader: Reader, target: string): Entry | undefined {
  const row = reader.get("SELECT entry FROM workflow_entries WHERE target = ? AND state = 'working' LIMIT 1", [target]);
  return row === undefined ? undefined : toEntry(row);
}

export function readEntry(reader: Reader, run: string, step: string): Entry | undefined {
  const row = reader.get("SELECT entry FROM workflow_entries WHERE run = ? AND step = ?", [run, step]);
  return row === undefined ? undefined : toEntry(row);
}

/** Everything with this target that is not over, of all runs: what the registry shows of its entries. */
export function readEntriesAt(reader: Reader, prefix: string): readonly Entry[] {
  return reader
    .all(
      `SELECT entry FROM workflow_entries WHERE target GLOB ?
       AND state NOT IN ('completed', 'aborted', 'undone', 'not_undone') ORDER BY since`,
      [`${prefix}*`],
    )
    .map(toEntry);
}

function toRun(reader: Reader, row: Row): Run {
  const head: RunHead = runHeadSchema.parse(JSON.parse(String(row["head"])));
  const spec: WorkflowSpec = workflowSpecSchema.parse(JSON.parse(String(row["spec"])));
  const order = new Map(spec.steps.map(({ id }, index) => [id, index]));
  const entries = reader
    .all("SELECT entry FROM workflow_entries WHERE run = ?", [head.id])
    .map(toEntry)
    .toSorted((one, other) => (order.get(one.step) ?? 0) - (order.get(other.step) ?? 0));
  return { head, spec, entries };
}

function toEntry(row: Row): Entry {
  return entrySchema.parse(JSON.parse(String(row["entry"])));
}

const publicationSchema = z.object({ id: z.number().int(), subject: z.string(), msg_id: z.string(), body: z.string() });
export interface Publication {
  readonly id: number;
  readonly subject: string;
  readonly msgId: string;
  readonly body: string;
}

/** Published after the commit, and again after a crash: the message id makes it one. */
export function putPublication(tx: StoreTx, publication: Omit<Publication, "id">): void {
  const { subject, msgId, body } = publication;
  tx.run("INSERT INTO workflow_outbox (subject, msg_id, body) VALUES (?, ?, ?)", [subject, msgId, body]);
}

export function readPublications(reader: Reader, limit: number): readonly Publication[] {
  return reader.all("SELECT id, subject, msg_id, body FROM workflow_outbox ORDER BY id LIMIT ?", [limit]).map((row) => {
    const { msg_id: msgId, ...rest } = publicationSchema.parse(row);
    return { ...rest, msgId };
  });
}
