/** The rules of delivering again, pure: how long an answer may take, how long a failure waits, when it is enough. */
import type { DeadLetter } from "#core/ports/messageBus.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { BusMessage, ConsumerSettings } from "#shared/model/bus.ts";
import type { Failure, Pending } from "./consumerProgress.ts";

/** A failure without a backoff list: the first wait, doubled each time. */
const FIRST_RETRY_MS = 100;
const MAX_DOUBLINGS = 20;
const MAX_ERROR_CHARS = 500;

/** How long an answer to this delivery may take. The backoff list stands in for the ack wait; its last value repeats. */
export function waitMs(settings: ConsumerSettings, delivery: number): number {
  return backoffMs(settings, delivery) ?? settings.ackWaitMs;
}

/** How long the message of a handler that threw waits. */
export function retryMs(settings: ConsumerSettings, delivery: number): number {
  const doubled = FIRST_RETRY_MS * 2 ** Math.min(delivery - 1, MAX_DOUBLINGS);
  return backoffMs(settings, delivery) ?? Math.min(settings.ackWaitMs, doubled);
}

function backoffMs({ backoffMs: list }: ConsumerSettings, delivery: number): number | undefined {
  return list?.[Math.min(delivery, list.length) - 1];
}

export function isUsedUp({ maxDeliver }: ConsumerSettings, { deliveries }: Pending): boolean {
  return maxDeliver > 0 && deliveries >= maxDeliver;
}

export function timeoutOf(settings: ConsumerSettings, { deliveries }: Pending): Failure {
  return { errorClass: "timeout", error: `Nobody answered within ${waitMs(settings, deliveries)} ms.` };
}

export function thrownBy(error: unknown): Failure {
  if (!(error instanceof Error)) return { errorClass: "unknown", error: shortened(String(error)) };
  return { errorClass: shortened(error.name), error: shortened(error.message) };
}

/** It is saved with each progress, so it is kept short. */
export function shortened(text: string): string {
  return text.slice(0, MAX_ERROR_CHARS);
}

export function deadLetter(settings: ConsumerSettings, entry: Pending, message: BusMessage): DeadLetter {
  const { errorClass, error } = entry.failure ?? timeoutOf(settings, entry);
  return {
    stream: message.stream,
    consumer: settings.name,
    message,
    attempts: entry.deliveries,
    errorClass,
    error,
    firstAt: toIsoTime(entry.firstAtMs),
    lastAt: toIsoTime(entry.lastAtMs),
  };
}
