/** Browser tokens' digests in a file of the data directory, 0600, replaced whole. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { TokenStore } from "./accessTokens.ts";

const fileSchema = z.object({ tokens: z.array(z.string().regex(/^[0-9a-f]{64}$/)) });

/** An unreadable file means no known browsers: each asks for a new link. */
export function fileTokenStore(file: string): TokenStore {
  return {
    load: () => {
      try {
        const parsed = fileSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
        return parsed.success ? parsed.data.tokens : [];
      } catch {
        return [];
      }
    },
    save: (tokens) => {
      const draft = `${file}.new`;
      writeFileSync(draft, JSON.stringify({ tokens }), { mode: 0o600 });
      renameSync(draft, file);
    },
  };
}

/** For servers whose browsers need not be known after a restart. */
export function memoryTokenStore(): TokenStore {
  let kept: readonly string[] = [];
  return { load: () => kept, save: (tokens) => (kept = tokens) };
}
