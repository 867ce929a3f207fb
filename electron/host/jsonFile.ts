/** Small remembered things of the shell (window place); losing them costs nothing, so a broken file counts as none. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export interface JsonFile {
  read(): unknown;
  write(value: unknown): void;
}

export function jsonFile(path: string): JsonFile {
  return {
    read() {
      try {
        return JSON.parse(readFileSync(path, "utf8"));
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(`${path}.new`, JSON.stringify(value));
        renameSync(`${path}.new`, path);
      } catch {
        // A full disk must not keep a window from closing.
      }
    },
  };
}
