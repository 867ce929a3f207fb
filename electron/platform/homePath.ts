import { homedir } from "node:os";

/** `~` and `~/…` as a shell reads them: a person types paths so, and no shell stands between. */
export function homePath(file: string): string {
  return file === "~" || file.startsWith("~/") ? homedir() + file.slice(1) : file;
}
