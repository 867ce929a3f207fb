/** Joins mailboxes and budgets: work goes to the next agent with its context and its tokens. Both arrive, or neither. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Mail } from "#shared/model/mail.ts";
import { handBack, handOver, tokenBudget } from "#core/budgets/index.ts";
import type { Budgets } from "#core/budgets/index.ts";
import type { Mailboxes, Posted } from "#core/mailboxes/index.ts";

type HandoverData = NonNullable<Mail["handover"]>;

export interface WorkHandover {
  readonly from: string;
  readonly fleet: string;
  readonly to: string;
  /** Absent: half of what the giver has left, where anything binds it. */
  readonly tokens?: number | undefined;
  readonly work: Omit<HandoverData, "token_budget">;
}

export interface HandedOver extends Posted {
  readonly tokens?: number;
  readonly note?: string;
}

interface Slices {
  readonly mailboxes: Mailboxes;
  readonly budgets: Budgets;
}

const UNDELIVERED: ReadonlySet<Mail["state"]> = new Set(["expired", "dropped", "cancelled"]);

export async function handOverWork({ mailboxes, budgets }: Slices, order: WorkHandover): Promise<Result<HandedOver>> {
  const { from, fleet, work } = order;
  const receiver = mailboxes.receiverOf({ to: order.to, fleet, from });
  if (!receiver.ok) return receiver;
  const to = receiver.value;
  const handed = give(budgets, { from, to, tokens: order.tokens });
  if (!handed.ok) return handed;
  const { tokens, note } = handed.value;
  const handover = { ...work, token_budget: tokens ?? null };
  const posted = await mailboxes.post({ from, fleet, to, text: work.intent, kind: "handover", handover, tokens });
  if (!posted.ok) {
    if (tokens !== undefined) handBack(budgets, { to, tokens, actor: "system", reason: "The handover was refused." });
    return posted;
  }
  return ok({ ...posted.value, ...(tokens === undefined ? {} : { tokens }), ...(note === undefined ? {} : { note }) });
}

function give(
  budgets: Budgets,
  { from, to, tokens }: { from: string; to: string; tokens: number | undefined },
): Result<{ tokens?: number; note?: string }> {
  const most = tokenBudget(budgets, { from, to });
  const wanted = tokens ?? (most === undefined ? undefined : Math.floor(most / 2));
  // Nothing binds either of them: there is nothing that could be set aside.
  if (wanted === undefined) return ok({});
  return handOver(budgets, { from, to, tokens: wanted, actor: "agent" });
}

/** Tokens of a message that reached nobody go back to whom they came from. */
export function tokensGoBack(budgets: Budgets): (mail: Mail) => void {
  return ({ state, to, tokens, detail }) => {
    if (tokens === undefined || !UNDELIVERED.has(state)) return;
    handBack(budgets, { to, tokens, actor: "system", reason: detail ?? "The message did not arrive." });
  };
}
