/** An agent CLI's own database, read as it lies on the disk. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { transcriptFormats } from "#core/agents/index.ts";
import { readTable } from "./tableReader.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "signalbox-table-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it("finds every message of opencode's database from the cursor on, page after page", () => {
  const file = join(dir, "opencode.db");
  const database = new BetterSqlite(file);
  database.exec(
    `CREATE TABLE message (id TEXT, session_id TEXT, data TEXT, time_updated INTEGER);
     CREATE TABLE session (id TEXT, parent_id TEXT, directory TEXT);
     INSERT INTO session VALUES ('s1', NULL, '/work')`,
  );
  const insert = database.prepare("INSERT INTO message VALUES (?, 's1', '{}', ?)");
  database.transaction(() => {
    for (let n = 1; n <= 1200; n += 1) insert.run(`m${n}`, n);
  })();
  database.close();
  const format = transcriptFormats.find((one) => one.kind === "table");
  if (format === undefined) throw new Error("No agent CLI keeps a database.");
  const ids = Array.from(readTable(file, format, 101)).flatMap(({ rows }) => rows.map((row) => row["id"]));
  expect(new Set(ids)).toEqual(new Set(Array.from({ length: 1100 }, (_, n) => `m${n + 101}`)));
});
