/** The secret of a data directory, made once; who can read it may speak to its keepers. Whole on disk before it is used. */
import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KEEPER_TOKEN_FILE } from "#shared/rpc/keeperFiles.ts";

const TOKEN = /^[0-9a-f]{64}$/;

/** A file that a power cut left empty or half would be a secret that everybody knows: it is replaced. */
export async function readOrMakeToken(dataDir: string): Promise<string> {
  const file = join(dataDir, KEEPER_TOKEN_FILE);
  const known = await readToken(file);
  if (known !== undefined) return known;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, randomBytes(32).toString("hex"), { mode: 0o600, flush: true });
  try {
    await link(draft, file);
  } catch {
    // Another keeper was quicker, or what is there is no token.
    if ((await readToken(file)) === undefined) await rename(draft, file);
  } finally {
    await unlink(draft).catch(() => undefined);
  }
  const made = await readToken(file);
  if (made === undefined) throw new Error(`the token ${file} cannot be read back`);
  return made;
}

async function readToken(file: string): Promise<string | undefined> {
  const text = (await readFile(file, "utf8").catch(() => "")).trim();
  return TOKEN.test(text) ? text : undefined;
}
