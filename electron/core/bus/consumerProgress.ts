/**
 * How far a durable consumer is: what it has looked at, what was delivered and not settled, and how often. It is saved
 * before a handler hears of a delivery, so that an attempt counts even if the process dies in it.
 */
import type { Clock } from "#core/ports/clock.ts";
import { parseTime } from "#shared/lib/isoTime.ts";
import type { ConsumerSettings } from "#shared/model/bus.ts";
import { z } from "zod";
import type { StreamSource, SubjectFilter } from "./streamSource.ts";

export interface Failure {
  readonly errorClass: string;
  readonly error: string;
}

export interface Pending {
  readonly seq: number;
  deliveries: number;
  /** in_hand: a handler has it. waiting: to be delivered again. dead: used up, its dead letter is under way. */
  state: "in_hand" | "waiting" | "dead";
  /** Monotonic; when the answer is overdue, or the next delivery due. */
  dueAtMs: number;
  /** Wall clock, of the first and the last delivery. */
  readonly firstAtMs: number;
  lastAtMs: number;
  failure: Failure | undefined;
}

const savedSchema = z.object({
  cursor: z.number().int(),
  consumerSeq: z.number().int(),
  targets: z.array(z.number().int()).optional(),
  /** seq, deliveries, first and last delivery, wall-clock due time (0: a handler had it), error class, error. */
  pending: z.array(
    z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.string().nullable(), z.string().nullable()]),
  ),
});

export class ConsumerProgress {
  /** Everything up to here was looked at. */
  cursor = 0;
  /** Deliveries so far, first ones and others. */
  consumerSeq = 0;
  /** Delivered before anything after the cursor: the newest of each subject, where the consumer began with those. */
  targets: number[] = [];
  /** In the order of the first delivery, which is the stream's. */
  readonly pending = new Map<number, Pending>();

  /** Everything up to here is settled. */
  get ackFloor(): number {
    const [oldest] = this.pending.keys();
    return oldest === undefined ? this.cursor : Math.min(oldest - 1, this.cursor);
  }

  get redelivered(): number {
    let count = 0;
    for (const { deliveries } of this.pending.values()) if (deliveries > 1) count += 1;
    return count;
  }

  save({ now, wallNow }: { readonly now: number; readonly wallNow: number }): string {
    const pending = [...this.pending.values()].map((one) => [
      one.seq,
      one.deliveries,
      one.firstAtMs,
      one.lastAtMs,
      one.state === "waiting" ? Math.round(wallNow + one.dueAtMs - now) : 0,
      one.failure?.errorClass ?? null,
      one.failure?.error ?? null,
    ]);
    const { cursor, consumerSeq, targets } = this;
    return JSON.stringify({ cursor, consumerSeq, ...(targets.length > 0 ? { targets } : {}), pending });
  }

  /**
   * What a handler had when the process ended is due at once: nobody is left to answer for it. Why an earlier attempt
   * failed says more of it than that this one was cut off.
   */
  static load(text: string, clock: Clock): ConsumerProgress {
    const saved = savedSchema.parse(JSON.parse(text));
    const progress = new ConsumerProgress();
    progress.cursor = saved.cursor;
    progress.consumerSeq = saved.consumerSeq;
    progress.targets = saved.targets ?? [];
    const now = clock.now();
    const wallNow = clock.wallNow();
    for (const [seq, deliveries, firstAtMs, lastAtMs, dueWallMs, errorClass, error] of saved.pending) {
      const lost = { errorClass: "interrupted", error: "Signalbox ended while this message was being handled." };
      progress.pending.set(seq, {
        seq,
        deliveries,
        state: "waiting",
        dueAtMs: dueWallMs === 0 ? now : now + Math.max(0, dueWallMs - wallNow),
        firstAtMs,
        lastAtMs,
        failure: errorClass !== null ? { errorClass, error: error ?? "" } : lost,
      });
    }
    return progress;
  }

  static begin(source: StreamSource, settings: ConsumerSettings, filter: SubjectFilter): ConsumerProgress {
    const progress = new ConsumerProgress();
    progress.cursor = source.firstSeq - 1;
    switch (settings.deliver) {
      case "all":
        break;
      case "new":
        progress.cursor = source.lastSeq;
        break;
      case "last":
        progress.cursor =
          filter.matches === undefined
            ? Math.max(progress.cursor, source.lastSeq - 1)
            : (source.lastOfEach(filter).at(-1) ?? source.lastSeq + 1) - 1;
        break;
      case "last_per_subject":
        progress.targets = [...source.lastOfEach(filter)];
        progress.cursor = source.lastSeq;
        break;
      case "by_start_sequence":
        progress.cursor = Math.max(progress.cursor, (settings.startSeq ?? 1) - 1);
        break;
      case "by_start_time":
        progress.cursor = (source.firstSince(parseTime(settings.startTime ?? "")) ?? source.lastSeq + 1) - 1;
        break;
    }
    return progress;
  }
}
