/** What the registry keeps of servers: those a person added, how each stands, and its tools as last seen. */
import { z } from "zod";
import type { Store, StoreTx } from "#core/store/index.ts";
import { toolSchema, toolServerSpecSchema, toolServerStateSchema } from "#shared/model/toolServer.ts";
import type { Tool, ToolServerSpec } from "#shared/model/toolServer.ts";
import type { Standing } from "./liveServer.ts";

export interface ServerRow {
  readonly key: string;
  readonly fleet: string | undefined;
  readonly spec: ToolServerSpec;
  /** A person's word, over what the fleet file says. */
  readonly enabled: boolean | undefined;
  /** It ran when it was last heard of: consent that it runs again. */
  readonly wanted: boolean;
  readonly standing: Standing;
  readonly tools: readonly Tool[];
}

const standingSchema = z.object({
  state: toolServerStateSchema,
  sinceMs: z.number(),
  detail: z.string().optional(),
  lastError: z.object({ message: z.string(), atMs: z.number() }).optional(),
  restarts: z.number(),
  protocol: z.string().optional(),
  software: z.string().optional(),
  verifiedAtMs: z.number().optional(),
});

export function readServerRows(store: Store): readonly ServerRow[] {
  const rows = store.all("SELECT key, fleet, spec, enabled, wanted, standing, tools FROM tool_servers ORDER BY key");
  return rows.flatMap((row) => {
    const spec = toolServerSpecSchema.safeParse(parsed(row["spec"]));
    const standing = standingSchema.safeParse(parsed(row["standing"]));
    if (!spec.success || !standing.success) return [];
    const tools = z.array(toolSchema).safeParse(parsed(row["tools"]));
    return [
      {
        key: String(row["key"]),
        fleet: row["fleet"] === null ? undefined : String(row["fleet"]),
        spec: spec.data,
        enabled: row["enabled"] === null ? undefined : row["enabled"] === 1,
        wanted: row["wanted"] === 1,
        standing: dropUndefined(standing.data),
        tools: tools.success ? tools.data : [],
      },
    ];
  });
}

export function writeServerRow(tx: StoreTx, row: ServerRow): void {
  const { nextStartAtMs: _next, ...standing } = row.standing;
  tx.run(
    `INSERT INTO tool_servers (key, fleet, spec, enabled, wanted, standing, tools) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET fleet = excluded.fleet, spec = excluded.spec, enabled = excluded.enabled,
       wanted = excluded.wanted, standing = excluded.standing, tools = excluded.tools`,
    [
      row.key,
      row.fleet ?? null,
      JSON.stringify(row.spec),
      row.enabled === undefined ? null : Number(row.enabled),
      Number(row.wanted),
      JSON.stringify(standing),
      JSON.stringify(row.tools),
    ],
  );
}

export function deleteServerRow(tx: StoreTx, key: string): void {
  tx.run("DELETE FROM tool_servers WHERE key = ?", [key]);
}

function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}

/** zod says `undefined` for what is absent; the type means absent. */
function dropUndefined(read: z.infer<typeof standingSchema>): Standing {
  const { detail, lastError, protocol, software, verifiedAtMs, ...always } = read;
  return {
    ...always,
    ...(detail === undefined ? {} : { detail }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(software === undefined ? {} : { software }),
    ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }),
  };
}
