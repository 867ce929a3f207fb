/**
 * Every life's meter: telemetry, the observer's own words and the transcripts flow into the ledger, each report marked with the
 * life it belongs to. What a conversation used before the life began is history and not counted to it.
 */
import { parseTime, toIsoTime } from "#shared/lib/isoTime.ts";
import type { UsageSource } from "#shared/model/usage.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { LifeMeter, LifeMetering, MeteredLife } from "#core/ports/lifeMeter.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { TelemetryBatch } from "#core/ports/telemetry.ts";
import type { TranscriptFollowing, Transcripts } from "#core/ports/transcripts.ts";
import type { UsageReport, UsageSink } from "#core/ports/usage.ts";
import type { Printed, UsageFindings } from "#core/ports/usageAdapter.ts";
import { PrintedLines } from "./printedLines.ts";
import { readUsageHook } from "./usageHook.ts";

const NOTHING: UsageFindings = { reports: [], totals: [], gaps: [] };
/** The CLI's clock and ours are the same machine's, but a record may carry the moment its request began. */
const SLACK_MS = 2_000;

export interface LifeMetersDeps {
  readonly sink: UsageSink;
  readonly transcripts: Pick<Transcripts, "follow">;
  readonly machine: Pick<Machine, "environment" | "homeDir">;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class LifeMeters implements LifeMetering {
  readonly #deps: LifeMetersDeps;
  readonly #running = new Set<Meter>();

  constructor(deps: LifeMetersDeps) {
    this.#deps = deps;
  }

  begin(life: MeteredLife): LifeMeter {
    const meter = new Meter(this.#deps, life, () => this.#running.delete(meter));
    this.#running.add(meter);
    return meter;
  }

  /** The core lets go; agents go on, and the next core reads what they wrote meanwhile. */
  close(): void {
    for (const meter of this.#running) meter.dispose();
  }
}

class Meter implements LifeMeter {
  readonly #deps: LifeMetersDeps;
  readonly #life: MeteredLife;
  readonly #done: () => void;
  readonly #reader;
  readonly #sinceMs: number;
  #cliSessionId: string | undefined;
  #following: TranscriptFollowing | undefined;
  readonly #ready: Promise<void>;
  readonly #printed: PrintedLines | undefined;
  #isOver = false;

  constructor(deps: LifeMetersDeps, life: MeteredLife, done: () => void) {
    this.#deps = deps;
    this.#life = life;
    this.#done = done;
    this.#reader = life.usage?.createTelemetryReader?.();
    this.#cliSessionId = life.cliSessionId;
    this.#sinceMs = parseTime(life.startedAt);
    const unheard = life.wasUnheard ? life.usage?.heardOnly : undefined;
    if (unheard !== undefined)
      this.#gap(
        `It worked while Signalbox was not running. What it may have asked for besides its conversation (${unheard}) was told to nobody.`,
        { source: "otlp", key: `telemetry unheard ${toIsoTime(deps.clock.wallNow())}` },
      );
    const { printed } = life;
    if (printed !== undefined) {
      const reader = printed.createReader();
      this.#printed = new PrintedLines((line) => this.#takePrinted(reader.line(line, this.#deps.clock.wallNow())));
    }
    const agent = printed?.agent ?? (life.usage === undefined ? undefined : life.agent);
    this.#ready = agent === undefined ? Promise.resolve() : this.#follow(agent);
  }

  telemetry(batch: TelemetryBatch): void {
    if (this.#isOver || this.#reader === undefined) return;
    this.#take(this.#reader.read(batch, { cliSessionId: this.#cliSessionId }));
  }

  telemetryRefused(why: string): void {
    this.#deps.logger.warn("Telemetry of an agent was not taken.", { sessionId: this.#life.sessionId, why });
    this.#gap(why, { source: "otlp", key: `telemetry ${why}` });
  }

  told(payload: HookPayload): Result<void> {
    if (this.#isOver) return fail("not_running", "Its life is over; nothing more is counted for it.");
    const { sessionId, agent, usage, printed } = this.#life;
    const nowMs = this.#deps.clock.wallNow();
    const read = readUsageHook(payload, {
      sessionId,
      agent: printed?.agent ?? agent,
      provider: printed?.provider ?? usage?.provider,
      cliSessionId: this.#cliSessionId,
      nowMs,
      // A clock that was set back does not make what is told now older than the life.
      earliestMs: Math.min(this.#sinceMs, nowMs) - SLACK_MS,
    });
    if (read.ok) this.#deps.sink.report(read.value);
    else this.toldRefused(read.error.message);
    return read.ok ? ok(undefined) : read;
  }

  toldRefused(why: string): void {
    this.#deps.logger.warn("Usage that an agent told was not taken.", { sessionId: this.#life.sessionId, why });
    this.#gap(why, { source: "hook", key: `hook ${why}` });
  }

  output(bytes: Uint8Array): void {
    if (!this.#isOver) this.#printed?.push(bytes);
  }

  #takePrinted({ cliSessionId, totals }: Printed): void {
    if (cliSessionId !== undefined && cliSessionId !== this.#cliSessionId) this.identified(cliSessionId);
    this.#take({ reports: [], totals, gaps: [] });
  }

  report(report: UsageReport): void {
    this.#take({ reports: [report], totals: [], gaps: [] });
  }

  identified(cliSessionId: string): void {
    this.#cliSessionId = cliSessionId;
    this.#following?.add(cliSessionId);
  }

  ended(): void {
    this.#take(this.#reader?.ended?.() ?? NOTHING);
    void this.#readToTheEnd();
  }

  dispose(): void {
    this.#isOver = true;
    this.#following?.dispose();
    this.#done();
  }

  async #follow(agent: string): Promise<void> {
    const { machine, transcripts } = this.#deps;
    const { cwd, env } = this.#life;
    const wholeEnv = { ...(await machine.environment()), ...env };
    if (this.#isOver) return;
    this.#following = transcripts.follow({
      agent,
      place: { homeDir: wholeEnv["HOME"] ?? machine.homeDir, env: transcriptVariables(wholeEnv) },
      subject: { cliSessionIds: this.#cliSessionId === undefined ? [] : [this.#cliSessionId], cwd },
      sinceMs: this.#sinceMs,
      onFindings: (findings) => this.#take(findings),
      onTrouble: (sentence) => this.#gap(sentence, { source: "transcript", key: `transcript ${sentence}` }),
    });
  }

  async #readToTheEnd(): Promise<void> {
    await this.#ready;
    await this.#following?.end();
    this.dispose();
  }

  #take({ reports, totals, gaps }: UsageFindings): void {
    if (this.#isOver) return;
    const { sink } = this.#deps;
    const { sessionId } = this.#life;
    for (const report of reports.filter(({ at }) => this.#isOwn(at))) {
      sink.report({ ...report, sessionId });
      // A conversation that is gone on with had its beginning in an earlier life.
      const hidden = this.#life.cliSessionId === undefined ? this.#life.usage?.hiddenBeside?.(report) : undefined;
      if (hidden !== undefined) sink.gap({ ...hidden, sessionId });
    }
    for (const total of totals) if (this.#isOwn(total.at)) sink.totals({ ...total, sessionId });
    for (const gap of gaps) sink.gap({ ...gap, sessionId });
  }

  /** A time that cannot be read is the ledger's to judge. */
  #isOwn(at: string): boolean {
    const atMs = parseTime(at);
    return atMs === 0 || atMs >= this.#sinceMs - SLACK_MS;
  }

  #gap(detail: string, { source, key }: { readonly source: UsageSource; readonly key: string }): void {
    const { sessionId, agent } = this.#life;
    const at = toIsoTime(this.#deps.clock.wallNow());
    this.#deps.sink.gap({
      source,
      at,
      agent,
      sessionId,
      why: "source_lost",
      detail,
      sourceKey: `${sessionId} ${key}`,
    });
  }
}

/** Of a whole environment only what says where CLIs keep their files leaves this thread. */
function transcriptVariables(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = ["CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_DATA_HOME"];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
