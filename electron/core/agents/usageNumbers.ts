/** Small things every usage reader needs: numbers out of foreign values, normalised tokens, empty findings. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { Tokens } from "#shared/model/usage.ts";
import type { TelemetryAttributes, TelemetryLog } from "#core/ports/telemetry.ts";
import type { UsageReport, UsageTotals } from "#core/ports/usage.ts";
import type { UsageFindings } from "#core/ports/usageAdapter.ts";

export const NOTHING: UsageFindings = { reports: [], totals: [], gaps: [] };

export function findings(reports: readonly UsageReport[], totals: readonly UsageTotals[] = []): UsageFindings {
  return { reports, totals, gaps: [] };
}

/** Codex writes its numbers as text. */
export function numberAt(attributes: TelemetryAttributes, name: string): number | undefined {
  const value = attributes[name];
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

export function textAt(attributes: TelemetryAttributes, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The time in words comes first: Codex leaves the record's own at zero. */
export function timeOf(log: TelemetryLog): string {
  return textAt(log.attributes, "event.timestamp") ?? (log.atMs === undefined ? "" : toIsoTime(log.atMs));
}

/** Counts of an API whose input includes what came from or went into the cache (OpenAI, Google). */
export interface InclusiveCounts {
  readonly input: number;
  readonly output: number;
  readonly cached?: number | undefined;
  readonly cacheWrite?: number | undefined;
  readonly reasoning?: number | undefined;
}

export function fromInclusive(counts: InclusiveCounts): Tokens {
  const { cached = 0, cacheWrite = 0, reasoning = 0 } = counts;
  return {
    input: Math.max(0, counts.input - cached - cacheWrite),
    output: counts.output,
    cacheRead: cached,
    cacheWrite,
    reasoning,
  };
}

export function nanosOf(dollars: number | undefined): { readonly reportedCostNanos?: number } {
  return dollars === undefined ? {} : { reportedCostNanos: Math.round(dollars * 1e9) };
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves absent what is not known. */
export function known<T extends object>(fields: T): Known<T> {
  const found: object = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return isKnown<T>(found) ? found : {};
}

function isKnown<T extends object>(fields: object): fields is Known<T> {
  return !Object.values(fields).includes(undefined);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
