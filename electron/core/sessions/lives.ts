/** The lives table: one row per life of an agent, written when it starts, changes its mind and ends. */
import { z } from "zod";
import { lifeModeSchema } from "#shared/model/node.ts";
import type { Life } from "#shared/model/node.ts";
import { agentActivitySchema, exitCauseSchema } from "#shared/model/states.ts";
import type { NodeState } from "#shared/model/states.ts";
import type { KeeperExit, KeeperSession } from "#shared/rpc/keeperProtocol.ts";
import type { ExitVerdict } from "#core/ports/agentAdapter.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { AgentView } from "#core/ports/agentRunner.ts";
import type { Store, StoreTx } from "#core/store/index.ts";

/** What an adopting core needs to know of a life it did not start. */
const lifeNotesSchema = z.object({
  memo: z.record(z.string(), z.string()),
  ingestToken: z.string(),
  activity: agentActivitySchema,
  detail: z.string(),
  /** When the limit it waits at resets. */
  limitUntilMs: z.number().optional(),
  hasPrompt: z.boolean(),
  /** The resumed conversation did not last the settle window: the next life starts fresh. */
  resumeBroken: z.boolean(),
  /** A stopped process stays stopped without its core: the next one must know that it is to be continued. */
  paused: z.enum(["frozen", "held"]).optional(),
  /** It goes through the metering gateway: where its requests go was fixed at its launch. */
  gateway: z
    .object({
      token: z.string(),
      tokenHeader: z.string().optional(),
      routes: z.record(
        z.string(),
        z.object({
          provider: z.string(),
          upstream: z.string(),
          alternative: z.object({ header: z.string(), upstream: z.string() }).optional(),
        }),
      ),
    })
    .optional(),
  /** A command that said once that it waits: when it says that it works, it does. */
  tellsState: z.boolean().optional(),
  /** A person's text stands in its input line. */
  isLineTaken: z.boolean().optional(),
  /** What it works on: its usage is counted under this name. */
  task: z.string().optional(),
  /** A budget's hard stop is under way: however it ends, and whoever sees it, this is why. */
  braked: z.object({ sentence: z.string(), resumesAtMs: z.number().optional() }).optional(),
});
export type LifeNotes = z.infer<typeof lifeNotesSchema>;

export interface LifeRow extends Life {
  readonly notes: LifeNotes;
}

const rowSchema = z.object({
  session_id: z.string(),
  path: z.string(),
  generation: z.number(),
  mode: lifeModeSchema,
  agent: z.string(),
  pid: z.number().nullable(),
  cli_session_id: z.string().nullable(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  exit_cause: exitCauseSchema.nullable(),
  exit_code: z.number().nullable(),
  signal: z.string().nullable(),
  exit_detail: z.string().nullable(),
  output_bytes: z.number(),
  spec: z.string(),
});

const EMPTY_NOTES: LifeNotes = {
  memo: {},
  ingestToken: "",
  activity: "busy",
  detail: "",
  hasPrompt: false,
  resumeBroken: false,
};

function readNotes(text: string): LifeNotes {
  try {
    const parsed = lifeNotesSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : EMPTY_NOTES;
  } catch {
    return EMPTY_NOTES;
  }
}

function toLife(raw: unknown): Omit<LifeRow, "outputStart"> {
  const row = rowSchema.parse(raw);
  return {
    sessionId: row.session_id,
    path: row.path,
    generation: row.generation,
    mode: row.mode,
    agent: row.agent,
    ...(row.pid === null ? {} : { pid: row.pid }),
    ...(row.cli_session_id === null ? {} : { cliSessionId: row.cli_session_id }),
    startedAt: row.started_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at, exitCode: row.exit_code, signal: row.signal }),
    ...(row.exit_cause === null ? {} : { exitCause: row.exit_cause }),
    ...(row.exit_detail === null ? {} : { exitDetail: row.exit_detail }),
    outputBytes: row.output_bytes,
    notes: readNotes(row.spec),
  };
}

export class Lives {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Oldest first; `outputStart` counts through all lives of the path. */
  ofPath(path: string): readonly LifeRow[] {
    let start = 0;
    return this.#store.all("SELECT * FROM lives WHERE path = ? ORDER BY generation, started_at", [path]).map((row) => {
      const life = { ...toLife(row), outputStart: start };
      start += life.outputBytes;
      return life;
    });
  }

  latest(path: string): LifeRow | undefined {
    const row = this.#store.get(
      "SELECT * FROM lives WHERE path = ? ORDER BY generation DESC, started_at DESC LIMIT 1",
      [path],
    );
    return row === undefined ? undefined : { ...toLife(row), outputStart: 0 };
  }

  get(sessionId: string): LifeRow | undefined {
    const row = this.#store.get("SELECT * FROM lives WHERE session_id = ?", [sessionId]);
    return row === undefined ? undefined : { ...toLife(row), outputStart: 0 };
  }

  /** Lives without a recorded end. */
  open(): readonly LifeRow[] {
    return this.#store
      .all("SELECT * FROM lives WHERE ended_at IS NULL")
      .map((row) => ({ ...toLife(row), outputStart: 0 }));
  }

  newest(limit: number): readonly LifeRow[] {
    return this.#store
      .all("SELECT * FROM lives ORDER BY started_at DESC LIMIT ?", [limit])
      .map((row) => ({ ...toLife(row), outputStart: 0 }));
  }

  /** Paths that ever had a life and end in `/id` (or are exactly `id`). */
  pathsNamed(id: string): readonly string[] {
    return this.#store
      .all("SELECT DISTINCT path FROM lives WHERE path = ? OR substr(path, -?) = ?", [id, id.length + 1, `/${id}`])
      .map((row) => String(row["path"]));
  }
}

export function insertLife(tx: StoreTx, life: LifeRow): void {
  tx.run(
    `INSERT OR IGNORE INTO lives (session_id, path, generation, mode, agent, pid, cli_session_id, started_at, output_bytes, spec)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      life.sessionId,
      life.path,
      life.generation,
      life.mode,
      life.agent,
      life.pid ?? null,
      life.cliSessionId ?? null,
      life.startedAt,
      life.outputBytes,
      JSON.stringify(life.notes),
    ],
  );
}

export function updateLifeNotes(tx: StoreTx, life: Pick<LifeRow, "sessionId" | "cliSessionId" | "notes">): void {
  tx.run("UPDATE lives SET cli_session_id = ?, spec = ? WHERE session_id = ?", [
    life.cliSessionId ?? null,
    JSON.stringify(life.notes),
    life.sessionId,
  ]);
}

export function endLife(tx: StoreTx, life: LifeRow): void {
  tx.run(
    `UPDATE lives SET ended_at = ?, exit_cause = ?, exit_code = ?, signal = ?, exit_detail = ?, output_bytes = ?, cli_session_id = ?, spec = ?
     WHERE session_id = ? AND ended_at IS NULL`,
    [
      life.endedAt ?? null,
      life.exitCause ?? null,
      life.exitCode ?? null,
      life.signal ?? null,
      life.exitDetail ?? null,
      life.outputBytes,
      life.cliSessionId ?? null,
      JSON.stringify(life.notes),
      life.sessionId,
    ],
  );
}

/** A row for a session whose spawn was never recorded: the core died between the two. */
export function rowOfSession(session: KeeperSession): LifeRow {
  return {
    sessionId: session.sessionId,
    path: session.tag.path,
    generation: session.tag.generation,
    mode: "adopted",
    agent: session.tag.agent,
    pid: session.pid,
    startedAt: session.startedAt,
    outputBytes: 0,
    outputStart: 0,
    notes: EMPTY_NOTES,
  };
}

/** What of an agent's view its row tells. */
export function rowView(row: LifeRow, alive: boolean): Omit<AgentView, "alive" | "state" | "sinceMs" | "unreachable"> {
  return {
    generation: row.generation,
    mode: row.mode,
    sessionId: row.sessionId,
    startedAtMs: parseTime(row.startedAt),
    ...(alive && row.pid !== undefined ? { pid: row.pid } : {}),
    ...(row.cliSessionId === undefined ? {} : { cliSessionId: row.cliSessionId }),
    ...(row.exitCause === undefined ? {} : { exitCause: row.exitCause }),
    ...(row.exitDetail === undefined ? {} : { exitDetail: row.exitDetail }),
    ...(row.notes.paused === undefined ? {} : { pauseKind: row.notes.paused }),
  };
}

/** The state an ended life leaves behind. */
export function endState(row: LifeRow): NodeState {
  switch (row.exitCause) {
    case "done":
      return "done";
    case "stopped":
      return "stopped";
    case "rate_limited":
    case "needs_login":
      return row.exitCause;
    case "budget_exhausted":
      return "paused";
    default:
      return "crashed";
  }
}

/** The row of a life that just ended. */
export function endedRow(
  row: LifeRow,
  end: { exit: KeeperExit; verdict: ExitVerdict; resumeBroken: boolean; outputBytes: number },
): LifeRow {
  return {
    ...row,
    endedAt: end.exit.at,
    exitCause: end.verdict.cause,
    exitCode: end.exit.code,
    signal: end.exit.signal,
    exitDetail: end.verdict.detail,
    outputBytes: end.outputBytes,
    notes: { ...row.notes, resumeBroken: end.resumeBroken },
  };
}
