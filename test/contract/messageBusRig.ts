/** One bus for one promise; closed afterwards, whatever happened. */
import type { TestContext } from "vitest";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Result } from "#shared/model/result.ts";
import type { BusEngine } from "./messageBusEngines.ts";

interface Rig {
  readonly bus: MessageBus;
  /** The value, or the refusal as a failure of the test. */
  readonly ok: <T>(result: Promise<Result<T>>) => Promise<T>;
  readonly reopen: (() => Promise<MessageBus>) | undefined;
}

export async function withBus(
  engine: BusEngine,
  context: TestContext,
  work: (rig: Rig) => Promise<void>,
): Promise<void> {
  const opened = await engine.open();
  if ("skipped" in opened) return context.skip(opened.skipped);
  const { bus, reopen } = opened;
  try {
    await work({ bus, ok: valueOf, reopen });
  } finally {
    await opened.close();
  }
}

async function valueOf<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result;
  if (settled.ok) return settled.value;
  throw new Error(`${settled.error.code}: ${settled.error.message} ${JSON.stringify(settled.error.details ?? {})}`);
}
