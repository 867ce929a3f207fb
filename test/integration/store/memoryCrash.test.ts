/** What memory acknowledged survives kill -9: memories with their words, contexts, snapshots under their hash, what was forgotten. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { connectSqlite } from "#platform/sqlite.ts";
import { must, openMemory } from "#test/support/memoryRig.ts";
import { startStoreProcess } from "./child.ts";
import { databaseFile } from "./storeProcess.ts";

const ROUNDS = 3;
const factSchema = z.object({
  memory: z.string().optional(),
  text: z.string().optional(),
  revision: z.number().optional(),
  name: z.string().optional(),
  value: z.string().optional(),
  snapshot: z.string().optional(),
  forgotten: z.string().optional(),
});

it("loses nothing acknowledged when it is killed in the middle, and nothing of it is half", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "memory-crash-"));
  const facts: Fact[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const child = startStoreProcess("remember", dataDir);
    await child.said(20 + Math.floor(Math.random() * 60));
    await child.kill();
    facts.push(...child.facts.map((fact) => factSchema.parse(fact)));
  }
  const database = connectSqlite(databaseFile(dataDir));
  expect(database.all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
  const rig = await openMemory({ database });
  await expectKept(rig, facts);
  const { memory } = rig;
  for (const { snapshot } of facts)
    if (snapshot !== undefined) expect(must(memory.showSnapshot(snapshot)).head.id).toBe(snapshot);
  const context = must(memory.context("job"));
  const lastRevision = Math.max(...facts.map(({ revision }) => revision ?? 0));
  expect(context.revision).toBeGreaterThanOrEqual(lastRevision);
  for (const variable of context.variables) {
    const said = facts.findLast(({ name }) => name === variable.name);
    // Either what was said last of it, or the one write that was under way.
    if (variable.version <= lastRevision) expect(variable.value).toBe(said?.value);
  }
  expect(
    database.get("SELECT count(*) AS n FROM memories WHERE rowid NOT IN (SELECT rowid FROM memories_text)"),
  ).toEqual({ n: 0 });
  rig.close();
  rmSync(dataDir, { recursive: true });
});

type Fact = z.infer<typeof factSchema>;

async function expectKept(rig: Awaited<ReturnType<typeof openMemory>>, facts: readonly Fact[]): Promise<void> {
  const forgotten = new Set(facts.flatMap((fact) => fact.forgotten ?? []));
  for (const { memory: id, text = "" } of facts) {
    if (id === undefined || forgotten.has(id)) continue;
    // The last one may have been forgotten after the last word was read.
    const kept = must(rig.memory.getMemory(id));
    expect(kept.text).toBe(text);
    if (kept.deletesAt === undefined) expect(await rig.find(text, { match: "words", limit: 1 })).toEqual([text]);
  }
  for (const id of forgotten) expect(must(rig.memory.getMemory(id)).deletesAt).toBeDefined();
}
