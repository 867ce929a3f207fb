/**
 * What a person types, on its way to one session: in order, at most one command under way, everything typed meanwhile
 * in the next one. The first key goes at once.
 */
import type { Rejection, Result } from "#shared/model/result.ts";
import { toBase64 } from "./base64.ts";

/** Below the contract's limit for one command; a larger paste goes in several. */
const MAX_COMMAND_BYTES = 1024 * 1024;

export interface InputQueue {
  push(bytes: Uint8Array): void;
  /** Bytes not yet sent. */
  readonly waiting: number;
}

export interface InputQueueOptions {
  readonly send: (base64: string) => Promise<Result<unknown>>;
  /** Once per refusal; what was typed after it is dropped with it, never sent out of order. */
  readonly onRefused: (error: Rejection) => void;
}

export function createInputQueue({ send, onRefused }: InputQueueOptions): InputQueue {
  let pending: Uint8Array[] = [];
  let waiting = 0;
  let isSending = false;

  const take = (): Uint8Array => {
    const batch = new Uint8Array(Math.min(waiting, MAX_COMMAND_BYTES));
    let at = 0;
    while (at < batch.length) {
      const first = pending.shift();
      if (first === undefined) break;
      const room = batch.length - at;
      batch.set(first.subarray(0, room), at);
      if (first.length > room) pending.unshift(first.subarray(room));
      at += Math.min(first.length, room);
    }
    waiting -= batch.length;
    return batch;
  };
  const pump = async (): Promise<void> => {
    isSending = true;
    while (waiting > 0) {
      // The order of keys is the point: the next batch waits for the answer to this one.
      const result = await send(toBase64(take()));
      if (result.ok) continue;
      pending = [];
      waiting = 0;
      onRefused(result.error);
    }
    isSending = false;
  };
  return {
    get waiting() {
      return waiting;
    },
    push(bytes) {
      if (bytes.length === 0) return;
      pending.push(bytes);
      waiting += bytes.length;
      if (!isSending) void pump();
    },
  };
}
