/** The directory of the keeper's socket: ours alone, made by us, not a symbolic link somebody left in a shared /tmp. */
import { lstat, mkdir } from "node:fs/promises";

/** Makes it (0700) if needed; throws with a sentence when it is not safe to use. */
export async function makeSocketDirectory(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const found = await lstat(dir);
  if (!found.isDirectory()) throw new Error(`${dir} is not a directory (a link is not followed). Remove it.`);
  if (found.uid !== process.getuid?.()) throw new Error(`${dir} belongs to another user. Remove it.`);
  if ((found.mode & 0o077) !== 0) throw new Error(`${dir} is open to other users. Run: chmod 700 ${dir}`);
}
