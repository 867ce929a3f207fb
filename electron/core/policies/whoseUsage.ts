/** Joins the ledger and the agents' lives: usage of a session belongs to the agent whose life it is, and to what it works on. */
import type { Store } from "#core/store/index.ts";

interface LifeOwner {
  readonly path: string;
  readonly generation: number;
  readonly task?: string;
}

/** A life's owner never changes, its task may; thousands of sessions are remembered, the rest is one look-up away. */
const REMEMBERED = 5000;
/** Notes that cannot be read must not cost the usage. */
const TASK = "SELECT CASE WHEN json_valid(spec) THEN spec ->> '$.task' END AS task FROM lives WHERE session_id = ?";

/** Asked before each request goes out. */
export function ownerOfSession(store: Pick<Store, "get">): (sessionId: string) => LifeOwner | undefined {
  const known = new Map<string, LifeOwner>();
  return (sessionId) => {
    const remembered = known.get(sessionId);
    if (remembered !== undefined) return remembered;
    const row = store.get("SELECT path, generation FROM lives WHERE session_id = ?", [sessionId]);
    if (row === undefined) return undefined;
    const owner = { path: String(row["path"]), generation: Number(row["generation"]) };
    if (known.size >= REMEMBERED) known.clear();
    known.set(sessionId, owner);
    return owner;
  };
}

export function lifeOfSession(store: Pick<Store, "get">): (sessionId: string) => LifeOwner | undefined {
  const ownerOf = ownerOfSession(store);
  return (sessionId) => {
    const owner = ownerOf(sessionId);
    if (owner === undefined) return undefined;
    const task = store.get(TASK, [sessionId])?.["task"];
    return typeof task === "string" ? { ...owner, task } : owner;
  };
}
