/** Who this data directory is among machines: one UUID in a file of its own, made at the first need. */
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILE = "machine-id";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A file that cannot be read or holds something else is written anew: the machine is then a new one to the others. */
export function machineIdentity(dataDir: string): string {
  const file = join(dataDir, FILE);
  const known = readId(file);
  if (known !== undefined) return known;
  const made = randomUUID();
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  return made;
}

function readId(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return UUID.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
