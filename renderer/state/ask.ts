/**
 * Asks the core, and where it is away waits until it is back: the banner says already that it does not answer, and what is
 * on screen stays there, marked as old, instead of giving way to the same news once more.
 */
import type { QueryInput, QueryName, QueryOutput } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";
import { DISCONNECTED } from "#shared/rpc/client.ts";
import type { ReconnectingClient } from "#shared/rpc/reconnectingClient.ts";

interface Question<K extends QueryName> {
  readonly name: K;
  readonly input: QueryInput<K>;
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export async function ask<K extends QueryName>(
  client: ReconnectingClient,
  { name, input, signal }: Question<K>,
): Promise<Result<QueryOutput<K>>> {
  for (;;) {
    const result = await client.query(name, input);
    if (result.ok || result.error !== DISCONNECTED || signal.aborted) return result;
    await connected(client, signal);
  }
}

function connected(client: ReconnectingClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      end();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const end = client.onState(({ status }) => status === "connected" && finish());
    signal.addEventListener("abort", finish);
    if (signal.aborted || client.state.status === "connected") finish();
  });
}
