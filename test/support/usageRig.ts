/** The sources of usage as the app wires them, with everything they say kept in lists instead of a ledger. */
import { LifeMeters } from "#core/telemetry/index.ts";
import type { LifeMetering } from "#core/ports/lifeMeter.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { UsageGap, UsageReport, UsageTotals } from "#core/ports/usage.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { createTranscripts } from "#platform/transcripts/transcriptsHost.ts";
import type { Transcripts } from "#core/ports/transcripts.ts";
import type { Tokens, UsageSource } from "#shared/model/usage.ts";
import { eventually } from "./deadline.ts";
import type { FakeRequest } from "./fakeModelTurn.ts";
import { silentLogger } from "./silentLogger.ts";

export interface UsageRig {
  readonly metering: LifeMetering;
  readonly transcripts: Transcripts;
  readonly reports: readonly UsageReport[];
  readonly totals: readonly UsageTotals[];
  readonly gaps: readonly UsageGap[];
  /** Distinct requests of one source and session, by key, in the order they were first told; the last word of each. */
  told(source: UsageSource, sessionId: string): readonly UsageReport[];
  /** Waits until a source has told as many distinct requests. */
  /** `count` may be asked again: a CLI makes requests of its own whenever it likes. */
  untilTold(source: UsageSource, sessionId: string, count: () => number): Promise<readonly UsageReport[]>;
  dispose(): Promise<void>;
}

export function createUsageRig(machine: Machine): UsageRig {
  const reports: UsageReport[] = [];
  const totals: UsageTotals[] = [];
  const gaps: UsageGap[] = [];
  const transcripts = createTranscripts({
    worker: new URL("../../electron/transcriptWorker.ts", import.meta.url),
    homeDir: machine.homeDir,
    environment: () => machine.environment(),
    logger: silentLogger,
  });
  const metering = new LifeMeters({
    sink: {
      report: (report) => void reports.push(report),
      totals: (said) => void totals.push(said),
      gap: (gap) => void gaps.push(gap),
    },
    transcripts,
    machine,
    clock: createSystemClock(),
    logger: silentLogger,
  });
  const told = (source: UsageSource, sessionId: string): readonly UsageReport[] => {
    const own = reports.filter((report) => report.source === source && report.sessionId === sessionId);
    return [...new Map(own.map((report) => [report.sourceKey, report])).values()];
  };
  return {
    metering,
    transcripts,
    reports,
    totals,
    gaps,
    told,
    untilTold: (source, sessionId, count) =>
      eventually(
        `all requests told by ${source}`,
        () => {
          const found = told(source, sessionId);
          return found.length >= count() ? found : undefined;
        },
        20_000,
      ),
    dispose: () => transcripts.dispose(),
  };
}

/** What the fake model reported, as the ledger counts: input without the cache, output with the reasoning. */
export function truthOf(request: FakeRequest): Tokens {
  const { input, output, cacheRead, cacheWrite, reasoning } = request.usage;
  const base = { input, output, cacheRead, cacheWrite: 0, reasoning };
  if (request.api === "anthropic") return { ...base, cacheWrite, reasoning: 0 };
  // Gemini counts thoughts beside the output.
  return request.api === "gemini" ? { ...base, output: output + reasoning } : base;
}

export function bySize(tokens: readonly (Tokens | undefined)[]): readonly Tokens[] {
  return tokens.flatMap((one) => one ?? []).toSorted((a, b) => a.input - b.input);
}
