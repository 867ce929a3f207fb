/**
 * `npm run soak [ROW…] [-- --minutes N] [--seed N] [--short]`: every fault many times over. Prints a table of what
 * passed and what did not, writes JSON, ends what it started.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROWS } from "./rows.ts";
import { runRow } from "./soak.ts";
import type { SoakFinding, SoakOptions, SoakRow } from "./soak.ts";

const REPORTS = join(import.meta.dirname, "../../.cache/soak");

interface RowResult extends SoakFinding {
  readonly row: string;
  readonly seed: number;
  readonly tookS: number;
  readonly verdict: "passed" | "failed" | "skipped";
}

/** Answers false when a row failed or was unknown. */
export async function soak(args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      minutes: { type: "string" },
      seed: { type: "string" },
      short: { type: "boolean", default: false },
      report: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) {
    const list = ROWS.map(({ name, purpose }) => `  ${name.padEnd(12)} ${purpose}`).join("\n");
    say(`there is no row ${unknown.join(", ")}. Rows:\n${list}`);
    return false;
  }
  const options: SoakOptions = {
    isShort: values.short,
    seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 32)),
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
    say,
  };
  const file = values.report ?? join(REPORTS, `${new Date().toISOString().replaceAll(":", "-")}.json`);
  const chosen = positionals.length === 0 ? ROWS : ROWS.filter(({ name }) => positionals.includes(name));
  const results: RowResult[] = [];
  for (const row of chosen) {
    results.push(await measure(row, options));
    await writeReport(file, results);
  }
  process.stdout.write(`${formatTable(results)}\n`);
  const count = (verdict: string): number => results.filter((one) => one.verdict === verdict).length;
  say(file);
  process.stdout.write(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`);
  return count("failed") === 0;
}

async function measure(row: SoakRow, options: SoakOptions): Promise<RowResult> {
  say(`${row.name}: ${row.purpose} (seed ${options.seed})`);
  const began = performance.now();
  const found = await runRow(row, options).catch((error: unknown) => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { figures: {}, problems: [why] } satisfies SoakFinding;
  });
  for (const problem of found.problems.slice(0, 20)) say(`${row.name}: ${problem}`);
  const verdict = found.problems.length > 0 ? "failed" : "skipped" in found ? "skipped" : "passed";
  return {
    ...found,
    row: row.name,
    seed: options.seed,
    tookS: Math.round((performance.now() - began) / 1000),
    verdict,
  };
}

async function writeReport(file: string, rows: readonly RowResult[]): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, `${JSON.stringify({ at: new Date().toISOString(), rows }, null, 2)}\n`);
}

function formatTable(results: readonly RowResult[]): string {
  return results
    .map(({ row, verdict, tookS, figures, problems, skipped }) => {
      const told = Object.entries(figures).map(([what, value]) => `${what} ${value}`);
      const more = [
        ...(problems.length === 0 ? [] : [`${problems.length} problems: ${problems[0]?.split("\n")[0] ?? ""}`]),
        ...(skipped === undefined ? [] : [`skipped: ${skipped}`]),
      ];
      return `${row.padEnd(12)} ${verdict.padEnd(8)} ${String(tookS).padStart(5)} s  ${[...told, ...more].join(", ")}`;
    })
    .join("\n");
}

function say(line: string): void {
  process.stderr.write(`soak: ${line}\n`);
}
