/** Saying a command twice does it once: also for commands whose work is outside the store, and while the first still runs. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Store } from "./store.ts";

export interface Receipts {
  /** The first call's answer; refusals are not kept, so a refused command may be tried again. */
  once<T>(commandId: string, work: () => Promise<Result<T>>): Promise<Result<T>>;
}

export function createReceipts(store: Store): Receipts {
  const running = new Map<string, Promise<Result<unknown>>>();
  const find = (commandId: string): { value: unknown } | undefined => {
    const row = store.get("SELECT result FROM receipts WHERE command_id = ?", [commandId]);
    return row === undefined ? undefined : JSON.parse(String(row["result"]));
  };
  const perform = async <T>(commandId: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
    const result = await work();
    if (result.ok) store.transact({ commandId, actor: "system", work: () => result.value });
    return result;
  };
  return {
    once: async <T>(commandId: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
      const receipt = find(commandId);
      // The stored value is what this very command answered, so it has the command's output type.
      if (receipt !== undefined) return ok(receipt.value as T);
      const before = running.get(commandId);
      if (before !== undefined) return (await before) as Result<T>;
      const mine = perform(commandId, work).finally(() => running.delete(commandId));
      running.set(commandId, mine);
      return mine;
    },
  };
}
