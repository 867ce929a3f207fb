/**
 * The disk answers EIO: at the N-th call, for N from 1 until nothing fails any more, once and from then on. Refusals
 * are clear, no half command is left, and the same process goes on when the disk does.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { z } from "zod";
import { startStoreProcess } from "#test/integration/store/child.ts";
import { compileFaultyDisk } from "./faultyDisk.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const diskErrors: SoakRow = {
  name: "eio",
  purpose:
    "EIO at every disk call in turn, once and lasting: refused with a sentence, no half event, goes on in the same process",
  run,
};

const report = z.object({
  refused: z.array(z.string()),
  acknowledged: z.array(z.number()),
  stored: z.array(z.number()),
  last: z.union([z.number(), z.string()]),
  health: z.string(),
});
type Report = z.infer<typeof report>;

/** The short form looks at some calls of each kind; no command of the job makes more than this. */
const STEP = { short: 37, long: 1 };
const MAX_CALLS = 400;

async function run(soak: Soak): Promise<SoakFinding> {
  const shim = await compileFaultyDisk(soak.dir);
  if (shim === undefined) return { figures: {}, problems: [], skipped: "needs Linux and g++" };
  const problems: string[] = [];
  let rounds = 0;
  let refusals = 0;
  const step = soak.isShort ? STEP.short : STEP.long;
  for (const kind of ["", "+"]) {
    for (let call = 1 + soak.random.below(step); call < MAX_CALLS; call += step) {
      const found = await oneRun(soak, shim, `${call}${kind}`);
      rounds += 1;
      refusals += found.refused.length;
      const wrong = problemOf(found) ?? integrityProblem(join(soak.dir, "data"));
      if (wrong !== undefined) problems.push(`call ${call}${kind}: ${wrong}`);
      // Past the last call of the job: nothing failed.
      if (found.refused.length === 0 && kind === "+") break;
      if (soak.isShort && call > 4 * step) break;
    }
  }
  if (refusals === 0) problems.push("nothing ever failed: the shim does not work");
  return { figures: { rounds, refusals }, problems };
}

/** Opened on a good disk, then armed: what opening itself does with EIO is the damage rows' business. */
async function oneRun(soak: Soak, shim: string, fail: string): Promise<Report> {
  const data = join(soak.dir, "data");
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data);
  const armed = join(soak.dir, "armed");
  rmSync(armed, { force: true });
  const env = [`SIGNALBOX_FAULTS_DIR=${data}`, `SIGNALBOX_FAULTS_FAIL=${fail}`, `SIGNALBOX_FAULTS_ARMED=${armed}`];
  const store = startStoreProcess("throughDiskErrors", data, ["env", `LD_PRELOAD=${shim}`, ...env]);
  soak.defer(() => store.kill());
  await store.said(1);
  writeFileSync(armed, "");
  await store.said(2);
  rmSync(armed);
  await store.said(3);
  await store.ended();
  return report.parse(store.facts[2]);
}

function problemOf({ refused, acknowledged, stored, last, health }: Report): string | undefined {
  const strange = refused.find((one) => !one.startsWith("store_unavailable: "));
  if (strange !== undefined) return `refused with ${strange}`;
  if (typeof last === "string") return `did not go on: ${last}`;
  if (health !== "ok") return `still says ${health}`;
  const missing = acknowledged.filter((seq) => !stored.includes(seq));
  if (missing.length > 0) return `acknowledged ${missing.join(", ")}, not found`;
  const half = stored.filter((seq) => !acknowledged.includes(seq));
  return half.length > 0 ? `refused, and stored all the same: ${half.join(", ")}` : undefined;
}

function integrityProblem(data: string): string | undefined {
  const db = new BetterSqlite(join(data, "signalbox.sqlite"));
  const integrity = db.pragma("integrity_check", { simple: true });
  db.close();
  return integrity === "ok" ? undefined : `integrity_check says ${String(integrity)}`;
}
