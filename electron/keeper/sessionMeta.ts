/**
 * `meta.json` beside a session's log: what a core that comes after this keeper must know. Replaced atomically;
 * not synced: it is for the keeper's death, and a machine that loses its power takes the session with it.
 */
import { rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SESSION_META_FILE, type SessionMeta } from "#shared/rpc/keeperFiles.ts";

export async function writeSessionMeta(dir: string, meta: SessionMeta): Promise<void> {
  const file = join(dir, SESSION_META_FILE);
  await writeFile(`${file}.new`, JSON.stringify(meta), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function removeSessionMeta(dir: string): Promise<void> {
  await unlink(join(dir, SESSION_META_FILE)).catch(() => undefined);
}
