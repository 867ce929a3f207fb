/** What waits for a person: a permission, a question, or something that broke and will not mend itself. */
import { z } from "zod";

export const inboxOptionSchema = z.object({
  /** Stable within the item: `allow`, `allow_session`, `deny`, `deny_say`, or the option's number. */
  id: z.string(),
  label: z.string(),
  hint: z.string().optional(),
  /** The letter or digit that picks it. */
  key: z.string(),
  takesText: z.boolean(),
});

export const inboxItemSchema = z.object({
  id: z.string(),
  kind: z.enum([
    "permission",
    "question",
    "gave_up",
    "escalated",
    "needs_login",
    "rate_limited",
    "over_limit",
    "budget",
    "dead_letter",
    "refused",
  ]),
  /** The tree path of who waits. */
  path: z.string(),
  agent: z.string().optional(),
  title: z.string(),
  /** The command, the question, or the cause. */
  body: z.string(),
  /** Why it was asked, in the agent's words. */
  reason: z.string().optional(),
  /** Such a request is answered by its letter, never by Enter. */
  irreversible: z.boolean(),
  options: z.array(inboxOptionSchema),
  /** Where it is known that answering here types into the terminal. */
  via: z.enum(["hook", "keys", "action"]),
  status: z.enum(["open", "snoozed", "answered", "withdrawn"]),
  answer: z.string().optional(),
  since: z.string(),
  until: z.string().optional(),
});
export type InboxItem = z.infer<typeof inboxItemSchema>;
