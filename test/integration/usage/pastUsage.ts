/** A machine's past transcripts as the ledger's import counts them and as ccusage does, by model and day. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { Importer } from "#core/ledger/index.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import { createTranscripts } from "#platform/transcripts/transcriptsHost.ts";
import type { UsageImportState } from "#shared/model/usage.ts";
import { openLedger } from "#test/support/ledgerRig.ts";
import type { LedgerRig } from "#test/support/ledgerRig.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";

export const TIME_ZONE = "Europe/Berlin";

/** Without the cache: input and output as each provider bills them. */
export interface Counts {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}
/** `model date`. */
export type ByModelAndDay = Readonly<Record<string, Counts>>;

export interface Past {
  readonly rig: LedgerRig;
  readonly counted: ByModelAndDay;
  readonly state: UsageImportState;
}

/** The homes of the CLIs, as their own environment variables say. */
export type Homes = Readonly<Record<string, string>>;

export async function importPast(agent: string, homes: Homes, nowMs: number): Promise<Past> {
  const rig = await openLedger({ timeZone: TIME_ZONE, clock: new ManualClock({ wallMs: nowMs }) });
  const transcripts = createTranscripts({
    worker: new URL("../../../electron/transcriptWorker.ts", import.meta.url),
    homeDir: "/nobody",
    environment: () => Promise.resolve(homes),
    logger: silentLogger,
  });
  try {
    const state = await untilImported(rig, transcripts.archive, agent);
    return { rig, counted: countedBy(rig), state };
  } finally {
    await transcripts.dispose();
  }
}

async function untilImported(
  { ledger, store, recorder }: LedgerRig,
  archive: ConstructorParameters<typeof Importer>[0]["archive"],
  agent: string,
): Promise<UsageImportState> {
  const importer = new Importer({
    ledger,
    store,
    recorder,
    archive,
    clock: createSystemClock(),
    logger: silentLogger,
    newId: () => "import-1",
  });
  const over = Promise.withResolvers<UsageImportState>();
  const started = importer.start([agent]);
  if (!started.ok) throw new Error(started.error.message);
  importer.watch((state) => {
    if (state.state !== "running") over.resolve(state);
  });
  const state = await over.promise;
  await importer.close();
  return state;
}

function countedBy({ views }: LedgerRig): ByModelAndDay {
  const models = views.totals({ imported: "with", groupBy: "model" }).rows.map(({ key }) => key);
  const rows = models.flatMap((model) =>
    views
      .totals({ imported: "with", groupBy: "day", model })
      .rows.map(({ key, input, output, cacheRead, cacheWrite }) => [
        `${model} ${key}`,
        { input, output, cacheRead, cacheWrite },
      ]),
  );
  return Object.fromEntries(rows) as ByModelAndDay;
}

const claudeReport = z.object({
  daily: z.array(
    z.object({
      date: z.string(),
      modelBreakdowns: z.array(
        z.object({
          modelName: z.string(),
          inputTokens: z.number(),
          outputTokens: z.number(),
          cacheCreationTokens: z.number(),
          cacheReadTokens: z.number(),
        }),
      ),
    }),
  ),
});

export async function ccusageOfClaude(binDir: string, homes: Homes): Promise<ByModelAndDay> {
  const { daily } = claudeReport.parse(await ask(join(binDir, "ccusage"), homes));
  return Object.fromEntries(
    daily.flatMap(({ date, modelBreakdowns }) =>
      modelBreakdowns.map((one) => [
        `${one.modelName} ${date}`,
        {
          input: one.inputTokens,
          output: one.outputTokens,
          cacheRead: one.cacheReadTokens,
          cacheWrite: one.cacheCreationTokens,
        },
      ]),
    ),
  );
}

const codexReport = z.object({
  daily: z.array(
    z.object({
      date: z.string(),
      models: z.record(
        z.string(),
        z.object({ inputTokens: z.number(), cachedInputTokens: z.number(), outputTokens: z.number() }),
      ),
    }),
  ),
});

/** Its input includes what came from the cache. */
export async function ccusageOfCodex(binDir: string, homes: Homes): Promise<ByModelAndDay> {
  const { daily } = codexReport.parse(await ask(join(binDir, "ccusage-codex"), homes));
  return Object.fromEntries(
    daily.flatMap(({ date, models }) =>
      Object.entries(models).map(([model, one]) => [
        `${model} ${isoDate(date)}`,
        {
          input: one.inputTokens - one.cachedInputTokens,
          output: one.outputTokens,
          cacheRead: one.cachedInputTokens,
          cacheWrite: 0,
        },
      ]),
    ),
  );
}

/** "Nov 20, 2026" in one of the two, `2026-11-20` in the other. */
function isoDate(date: string): string {
  if (/^\d{4}-/.test(date)) return date;
  const at = new Date(`${date} 12:00 UTC`);
  return at.toISOString().slice(0, 10);
}

async function ask(program: string, homes: Homes): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    program,
    ["daily", "--json", "--offline", "--breakdown", "--timezone", TIME_ZONE],
    { env: { PATH: process.env["PATH"], HOME: "/nobody", LOG_LEVEL: "0", ...homes }, timeout: 60_000 },
  );
  return JSON.parse(stdout);
}
