/**
 * `npm run bench [ROW…] [--quick] [--full] [--rounds N]`: each row measures the raw baseline, a peer and Signalbox in
 * turns, and says whether the ratio meets its goal. Prints a table, writes JSON, ends what it started.
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runRow } from "./bench.ts";
import type { Row } from "./bench.ts";
import { countVerdicts, formatTable, writeReport } from "./report.ts";
import type { RowResult } from "./report.ts";
import { ROWS } from "./rows.ts";

const REPORTS = join(import.meta.dirname, "../../.cache/bench");
/** Above this, other programs share the processors and absolute figures say little. */
const CALM_LOAD = 1.5;

/** Answers false when a row failed, was unknown or fell short. */
export async function bench(args: readonly string[]): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      rounds: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) {
    const list = ROWS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n");
    say(`there is no row ${unknown.join(", ")}. Rows:\n${list}`);
    return false;
  }
  const [load = 0] = loadavg();
  if (load > CALM_LOAD)
    say(`the machine is busy (load ${load.toFixed(1)}): take ratios with care, figures not at all.`);
  const chosen = positionals.length === 0 ? ROWS : ROWS.filter(({ name }) => positionals.includes(name));
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
  const results: RowResult[] = [];
  for (const row of chosen)
    results.push(await measure(row, { isQuick: values.quick, isFull: values.full, rounds, say }));
  process.stdout.write(`${formatTable(results)}\n`);
  say(`${countVerdicts(results)}; ${await writeReport(REPORTS, results)}`);
  return results.every(({ failure }) => failure === undefined);
}

async function measure(row: Row, options: Parameters<typeof runRow>[1]): Promise<RowResult> {
  say(`${row.name}: ${row.about}`);
  const began = performance.now();
  const took = (): number => Math.round((performance.now() - began) / 100) / 10;
  try {
    return { row: row.name, findings: await runRow(row, options), tookS: took() };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    say(`${row.name} failed: ${error instanceof Error ? (error.stack ?? failure) : failure}`);
    return { row: row.name, findings: [], tookS: took(), failure };
  }
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
