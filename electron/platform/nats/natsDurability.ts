/**
 * Whether the server writes to the disk before it acknowledges. By default it does not: for up to two minutes an
 * acknowledged message lives in memory alone. Only a system account may ask; to everyone else the answer is unknown.
 */
import { z } from "zod";
import type { NatsConnection } from "@nats-io/transport-node";

const varzSchema = z.object({
  data: z.object({ jetstream: z.object({ config: z.object({ sync_always: z.boolean().optional() }) }) }),
});
const ASK_TIMEOUT_MS = 1_000;
const WHAT_TO_DO = "Set `sync_interval: always` in its JetStream configuration.";

/** One sentence, or nothing where the server is known to be safe. */
export async function durabilityWarning(connection: Pick<NatsConnection, "request">): Promise<string | undefined> {
  try {
    const answer = await connection.request("$SYS.REQ.SERVER.PING.VARZ", "", { timeout: ASK_TIMEOUT_MS });
    return warningOf(answer.json<unknown>());
  } catch {
    return `This connection may not ask whether the NATS server writes messages to its disk before it acknowledges them. ${WHAT_TO_DO}`;
  }
}

export function warningOf(varz: unknown): string | undefined {
  const parsed = varzSchema.safeParse(varz);
  if (!parsed.success)
    return `The NATS server does not say whether it writes to its disk before it acknowledges. ${WHAT_TO_DO}`;
  if (parsed.data.data.jetstream.config.sync_always === true) return undefined;
  return `The NATS server acknowledges messages before they are on its disk: a power failure loses them. ${WHAT_TO_DO}`;
}
