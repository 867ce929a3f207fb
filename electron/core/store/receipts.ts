/** Saying a command twice does it once: also for commands whose work is outside the store, and while the first still runs. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Store } from "./store.ts";

/** A full disk with a person clicking for hours. */
const MAX_UNWRITTEN = 10_000;

export interface Receipts {
  /** The first call's answer; refusals are not kept, so a refused command may be tried again. */
  once(commandId: string, work: () => Promise<Result<unknown>>): Promise<Result<unknown>>;
}

export function createReceipts(store: Store): Receipts {
  const running = new Map<string, Promise<Result<unknown>>>();
  /** Answers the store could not take (a full disk); remembered while this process lives. */
  const unwritten = new Map<string, unknown>();
  const perform = async (commandId: string, work: () => Promise<Result<unknown>>): Promise<Result<unknown>> => {
    if (unwritten.has(commandId)) return ok(unwritten.get(commandId));
    const row = store.get("SELECT result FROM receipts WHERE command_id = ?", [commandId]);
    if (row !== undefined) {
      const receipt: { value: unknown } = JSON.parse(String(row["result"]));
      return ok(receipt.value);
    }
    const result = await work();
    if (!result.ok) return result;
    const written = store.transact({ commandId, actor: "system", work: () => result.value });
    if (!written.ok && unwritten.size < MAX_UNWRITTEN) unwritten.set(commandId, result.value);
    return result;
  };
  return {
    once: (commandId, work) => {
      const before = running.get(commandId);
      if (before !== undefined) return before;
      const mine = perform(commandId, work).finally(() => running.delete(commandId));
      running.set(commandId, mine);
      return mine;
    },
  };
}
