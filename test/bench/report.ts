/** The table a person reads and the JSON a script keeps. */
import { mkdir, writeFile } from "node:fs/promises";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { ratioOf, verdictOf } from "./bench.ts";
import type { Finding, Goal } from "./bench.ts";
import { median, short, spread } from "./numbers.ts";

export interface RowResult {
  readonly row: string;
  readonly findings: readonly Finding[];
  readonly tookS: number;
  /** The row itself broke; nothing is concluded from it. */
  readonly failure?: string;
}

const HEAD = ["row", "what", "unit", "ours", "against", "theirs", "ratio", "goal", "verdict"] as const;

export function formatTable(results: readonly RowResult[]): string {
  const lines: (readonly string[])[] = [HEAD];
  for (const { row, findings, failure } of results) {
    for (const finding of findings) lines.push(cells(row, finding));
    if (failure !== undefined) lines.push([row, `FAILED: ${failure}`, "", "", "", "", "", "", "failed"]);
  }
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cells(row: string, finding: Finding): readonly string[] {
  const { what, unit, ours, other, goal, note } = finding;
  const ratio = ratioOf(finding);
  const told = note === undefined ? what : `${what} [${note}]`;
  return [
    row,
    told,
    unit,
    spread(ours),
    other?.name ?? "",
    other === undefined ? "" : spread(other.values),
    ratio === undefined ? "" : `${ratio.toFixed(2)} ×`,
    goal === undefined ? "" : goalText(goal),
    verdictOf(finding),
  ];
}

function goalText(goal: Goal): string {
  if ("ratioAtLeast" in goal) return `≥ ${goal.ratioAtLeast} ×`;
  if ("ratioAtMost" in goal) return `≤ ${goal.ratioAtMost} ×`;
  return "atMost" in goal ? `≤ ${short(goal.atMost)}` : `≥ ${short(goal.atLeast)}`;
}

export function countVerdicts(results: readonly RowResult[]): string {
  const verdicts = results.flatMap(({ findings }) => findings.map(verdictOf));
  const count = (wanted: string): number => verdicts.filter((verdict) => verdict === wanted).length;
  const failed = results.filter(({ failure }) => failure !== undefined).length;
  return `${count("pass")} pass, ${count("short")} short, ${count("skipped")} skipped, ${failed} failed`;
}

/** Writes `<dir>/<time>.json` and returns its path. */
export async function writeReport(dir: string, results: readonly RowResult[]): Promise<string> {
  await mkdir(dir, { recursive: true });
  const at = new Date().toISOString();
  const file = join(dir, `${at.replaceAll(":", "-")}.json`);
  const machine = {
    platform: `${platform()} ${release()} ${arch()}`,
    cpus: cpus().length,
    model: cpus()[0]?.model,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    loadAverage: loadavg(),
  };
  const rows = results.map(({ findings, ...rest }) => ({
    ...rest,
    findings: findings.map((finding) => ({
      ...finding,
      median: finding.ours.length === 0 ? null : median(finding.ours),
      otherMedian: finding.other === undefined ? null : median(finding.other.values),
      ratio: ratioOf(finding) ?? null,
      verdict: verdictOf(finding),
    })),
  }));
  await writeFile(file, `${JSON.stringify({ at, machine, rows }, null, 2)}\n`);
  return file;
}
