/**
 * Every recording on the disk: packed once it is cold, bounded by the log policy, deleted when a person says so. Works when
 * something happens (a start, a sealed segment, an end, a changed setting, the next expiry), never by polling.
 */
import type { EventVerb } from "#shared/model/event.ts";
import { agentSubject, systemSubject } from "#shared/lib/eventSubjects.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { looseEnd } from "#shared/lib/looseEnd.ts";
import type { Settings } from "#shared/model/settings.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { OutputLog } from "#core/ports/outputLog.ts";
import type { RecordingArchive, StoredRecording, Stretch } from "#core/ports/recordingArchive.ts";
import type { Recorder } from "#core/store/index.ts";
import { nextExpiry, overPolicy } from "./retention.ts";
import type { KeptRecording, LogPolicy } from "./retention.ts";
import { bytesWithin, olderFiles, stretchOf } from "./stretches.ts";
import type { TimeSpan } from "./stretches.ts";

export interface RecordedLife {
  readonly path: string;
  readonly generation: number;
}

/** What the sessions slice knows of a recording; joined by a policy. */
export interface RecordedLives {
  life(sessionId: string): RecordedLife | undefined;
  /** How far the core has read a running session; undefined once it ended. */
  readTo(sessionId: string): number | undefined;
}

export interface RecordingsDeps {
  readonly archive: RecordingArchive;
  readonly outputLog: OutputLog;
  readonly lives: RecordedLives;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: { readonly current: Settings; watch(listener: () => void): () => void };
}

export interface Deleted {
  readonly bytes: number;
  readonly freedBytes: number;
}

/** A sealed segment is cold after this: a flood has the processor for itself meanwhile. */
const COLD_AFTER_MS = 60_000;
/** An ended life is read most right after its end; and a restart storm is over then. */
const ENDED_AFTER_MS = 5000;
const MB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
/** The expiry of the oldest segment is looked at again after this at the latest: clocks are set, machines sleep. */
const MAX_WAIT_MS = DAY_MS;

export class Recordings {
  readonly #deps: RecordingsDeps;
  readonly #stored = new Map<string, StoredRecording>();
  /** Sessions to be tended, each once. */
  readonly #due = new Set<string>();
  readonly #timers = new Map<string, () => void>();
  #expiry: (() => void) | undefined;
  #unwatch: (() => void) | undefined;
  #work: Promise<void> | undefined;
  #isClosed = false;

  constructor(deps: RecordingsDeps) {
    this.#deps = deps;
  }

  /** Finishes what an earlier core left undone, and looks at everything there is, in the background. */
  open(): void {
    this.#unwatch = this.#deps.settings.watch(() => this.#wake());
    void this.#deps.archive.sessions().then((sessions) => {
      for (const sessionId of sessions) this.#due.add(sessionId);
      this.#wake();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch?.();
    this.#expiry?.();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** Resolves when nothing is under way; for tests and an orderly end. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  sealed(sessionId: string): void {
    this.#later(sessionId, COLD_AFTER_MS);
  }

  ended(sessionId: string): void {
    this.#timers.get(sessionId)?.();
    this.#timers.delete(sessionId);
    this.#later(sessionId, ENDED_AFTER_MS);
  }

  list(): readonly StoredRecording[] {
    return [...this.#stored.values()];
  }

  /** Bytes of a recording that are still there; undefined before it was looked at. */
  keptBytes(sessionId: string): number | undefined {
    const stored = this.#stored.get(sessionId);
    return stored === undefined ? undefined : bytesWithin(stored, { from: 0, to: stored.size });
  }

  /** What `delete` would take. */
  async preview(sessionId: string, span: TimeSpan): Promise<Result<Stretch & { bytes: number }>> {
    const found = await this.#find(sessionId, span);
    if (!found.ok) return found;
    const { stored, stretch } = found.value;
    return ok({ ...stretch, bytes: bytesWithin(stored, stretch) });
  }

  /** A whole recording, or what was printed in a span of time; gone from the disk when this answers. */
  async delete(sessionId: string, span: TimeSpan, actor: string): Promise<Result<Deleted & Stretch>> {
    const found = await this.#find(sessionId, span);
    if (!found.ok) return found;
    const { stored, stretch } = found.value;
    const removed = await this.#remove(stored, stretch, "person");
    if (!removed.ok) return removed;
    this.#note({ sessionId, verb: "recording_deleted", actor }, { ...stretch, ...removed.value, ...spanFacts(span) });
    this.#deps.recorder.flush();
    return ok({ ...stretch, ...removed.value });
  }

  async previewOlder(beforeMs: number, isWanted: (life: RecordedLife | undefined) => boolean) {
    const older = await this.#older(beforeMs, isWanted);
    return { recordings: older.length, bytes: older.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Everything printed before a moment; of running sessions all but what their screens need. */
  async deleteOlder(
    beforeMs: number,
    isWanted: (life: RecordedLife | undefined) => boolean,
    actor: string,
  ): Promise<Result<Deleted & { recordings: number }>> {
    let [recordings, bytes, freedBytes] = [0, 0, 0];
    for (const { stored, stretch } of await this.#older(beforeMs, isWanted)) {
      const removed = await this.#remove(stored, stretch, "person");
      if (!removed.ok) return removed;
      const { sessionId } = stored;
      const before = toIsoTime(beforeMs);
      this.#note({ sessionId, verb: "recording_deleted", actor }, { ...stretch, ...removed.value, before });
      recordings += 1;
      bytes += removed.value.bytes;
      freedBytes += removed.value.freedBytes;
    }
    this.#deps.recorder.flush();
    return ok({ recordings, bytes, freedBytes });
  }

  async #older(beforeMs: number, isWanted: (life: RecordedLife | undefined) => boolean) {
    const { archive, outputLog, lives } = this.#deps;
    const found: { stored: StoredRecording; stretch: Stretch; bytes: number }[] = [];
    for (const sessionId of await archive.sessions()) {
      if (!isWanted(lives.life(sessionId))) continue;
      const stored = await archive.survey(sessionId);
      const span = (await stretchOf(outputLog, stored, { untilMs: beforeMs })) ?? olderFiles(stored, beforeMs);
      const stretch = { from: 0, to: Math.min(span.to, looseEnd(stored, lives.readTo(sessionId))) };
      const bytes = bytesWithin(stored, stretch);
      if (bytes > 0) found.push({ stored, stretch, bytes });
    }
    return found;
  }

  async #find(sessionId: string, span: TimeSpan): Promise<Result<{ stored: StoredRecording; stretch: Stretch }>> {
    const { archive, outputLog, lives } = this.#deps;
    if (lives.life(sessionId) === undefined) return fail("not_found", "There is no such session.");
    const stored = await archive.survey(sessionId);
    const stretch = await stretchOf(outputLog, stored, span);
    if (stretch === undefined)
      return fail("unsupported", "This recording has lost the times of its output. Delete the whole of it instead.");
    const limit = looseEnd(stored, lives.readTo(sessionId));
    if (stretch.to > limit)
      return fail(
        "running",
        span.untilMs === undefined
          ? "This agent runs, and its newest output is its screen. Stop it first, or delete a stretch that ended earlier."
          : "This stretch reaches into the screen of a running agent. Stop it first, or end the stretch earlier.",
      );
    return ok({ stored, stretch });
  }

  async #remove(stored: StoredRecording, stretch: Stretch, reason: "policy" | "person"): Promise<Result<Deleted>> {
    const { archive, clock, lives } = this.#deps;
    const { sessionId } = stored;
    const recording = { sessionId, readTo: lives.readTo(sessionId) };
    const removal = { ...stretch, reason, at: toIsoTime(clock.wallNow()) };
    const removed = await archive.remove(recording, removal);
    if (!removed.ok) return removed;
    this.#stored.set(sessionId, removed.value);
    // Keyframes behind the stretch are drawn anew.
    if (reason === "person") this.#later(sessionId, ENDED_AFTER_MS);
    return ok({
      bytes: bytesWithin(stored, stretch),
      freedBytes: Math.max(0, stored.diskBytes - removed.value.diskBytes),
    });
  }

  #note(
    { sessionId, verb, actor }: { sessionId: string; verb: EventVerb<"session">; actor: string },
    facts: Record<string, unknown>,
  ): void {
    const path = this.#deps.lives.life(sessionId)?.path;
    this.#deps.recorder.note({
      subject: path === undefined ? systemSubject("recordings", verb) : agentSubject(path, verb),
      type: `session.${verb}`,
      actor,
      data: { ...(path === undefined ? {} : { path }), sessionId, ...facts },
    });
  }

  #later(sessionId: string, delayMs: number): void {
    if (this.#isClosed || this.#timers.has(sessionId)) return;
    const cancel = this.#deps.clock.after(delayMs, () => {
      this.#timers.delete(sessionId);
      this.#due.add(sessionId);
      this.#wake();
    });
    this.#timers.set(sessionId, cancel);
  }

  #wake(): void {
    if (this.#isClosed) return;
    this.#work ??= this.#run()
      .catch((error: unknown) => this.#deps.logger.error("Recordings could not be kept.", { error: String(error) }))
      .finally(() => {
        this.#work = undefined;
        if (this.#due.size > 0) this.#wake();
      });
  }

  async #run(): Promise<void> {
    const { archive, lives, logger } = this.#deps;
    for (const sessionId of this.#due) {
      if (this.#isClosed) return;
      this.#due.delete(sessionId);
      try {
        this.#stored.set(sessionId, await archive.tend({ sessionId, readTo: lives.readTo(sessionId) }));
      } catch (error) {
        if (!this.#isClosed) logger.warn("A recording could not be packed.", { sessionId, error: String(error) });
      }
    }
    await this.#enforce();
  }

  async #enforce(): Promise<void> {
    const { clock, logger } = this.#deps;
    const policy = policyOf(this.#deps.settings.current);
    for (const trim of overPolicy(this.#kept(), policy, clock.wallNow())) {
      const stored = this.#stored.get(trim.sessionId);
      if (stored === undefined || this.#isClosed) continue;
      const removed = await this.#remove(stored, trim.stretch, "policy");
      if (removed.ok)
        this.#note(
          { sessionId: trim.sessionId, verb: "recording_trimmed", actor: "system" },
          { ...trim.stretch, ...removed.value },
        );
      else logger.warn("The log policy could not be applied.", { ...trim.stretch, error: removed.error.message });
    }
    this.#expiry?.();
    const next = nextExpiry(this.#kept(), policy);
    if (next === undefined || this.#isClosed) return;
    const waitMs = Math.min(MAX_WAIT_MS, Math.max(COLD_AFTER_MS, next - clock.wallNow()));
    this.#expiry = clock.after(waitMs, () => this.#wake());
  }

  #kept(): readonly KeptRecording[] {
    return [...this.#stored.values()].map((stored) => ({
      stored,
      readTo: this.#deps.lives.readTo(stored.sessionId),
    }));
  }
}

function policyOf({ logMaxDays, logMaxSessionMb, logMaxTotalMb }: Settings): LogPolicy {
  return {
    maxAgeMs: logMaxDays === 0 ? undefined : logMaxDays * DAY_MS,
    maxSessionBytes: logMaxSessionMb === 0 ? undefined : logMaxSessionMb * MB,
    maxTotalBytes: logMaxTotalMb === 0 ? undefined : logMaxTotalMb * MB,
  };
}

function spanFacts({ sinceMs, untilMs }: TimeSpan): Record<string, unknown> {
  return {
    ...(sinceMs === undefined ? {} : { since: toIsoTime(sinceMs) }),
    ...(untilMs === undefined ? {} : { until: toIsoTime(untilMs) }),
  };
}
