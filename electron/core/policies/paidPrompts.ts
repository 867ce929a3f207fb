/** Joins sessions and budgets: a prompt that carries the tokens it may cost (mission RO-13). Both arrive, or neither. */
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { handBack, handOver } from "#core/budgets/index.ts";
import type { Budgets } from "#core/budgets/index.ts";

interface PaidPrompt {
  /** `fleet/id` of the receiver. */
  readonly path: string;
  readonly text: string;
  readonly tokens: number;
  /** The agent whose budgets give them; absent: a person gives. */
  readonly from?: string | undefined;
  readonly actor: string;
}

interface Way {
  readonly budgets: Budgets;
  /** How the prompt goes to it. */
  readonly send: (text: string, tokens: number) => Promise<Result<{ note?: string }>>;
}

/** Answers what was really handed over: never more than the giver's and the receiver's own budgets have left. */
export async function sendWithTokens(
  { budgets, send }: Way,
  prompt: PaidPrompt,
): Promise<Result<{ tokens: number; note?: string }>> {
  const { path, actor } = prompt;
  const handed = handOver(budgets, { from: prompt.from, to: path, tokens: prompt.tokens, actor });
  if (!handed.ok) return handed;
  const { tokens, note } = handed.value;
  const sent = await send(prompt.text, tokens);
  if (sent.ok) {
    const notes = [note, sent.value.note].filter((one) => one !== undefined);
    return ok({ tokens, ...(notes.length === 0 ? {} : { note: notes.join(" ") }) });
  }
  handBack(budgets, { to: path, tokens, actor, reason: "The prompt did not arrive." });
  return sent;
}
