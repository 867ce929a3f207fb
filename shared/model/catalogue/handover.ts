/** The standard handover (RO-4): what one hands to the next with its work, so that it can go on without asking. */
import { z } from "zod";
import { count, id, moment, text } from "./entry.ts";

export const handoverSchema = z.strictObject({
  /** The context store entry that both work on. */
  context_id: id,
  /** What the next one is to do, in words. */
  intent: text.min(1),
  last_tool_output: z
    .strictObject({
      tool: id,
      server: id,
      result: z.unknown(),
      timestamp: moment,
    })
    .nullable(),
  /** `snap:<sha256>`, or a URL that ends in it. */
  memory_snapshot_url: z.string().min(1).max(2000).nullable(),
  /** Tokens that go with the work; null where nothing was set aside. */
  token_budget: count.nullable(),
  /** requested: nothing done yet. partial: begun, to be finished. completed: done, build on it. failed: another way is needed. */
  status: z.enum(["requested", "partial", "completed", "failed"]),
});
