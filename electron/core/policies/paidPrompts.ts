/** Joins sessions and budgets: a prompt that carries the tokens it may cost (mission RO-13). Both arrive, or neither. */
import { amountText } from "#shared/lib/amountWords.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { handBack, handOver } from "#core/budgets/index.ts";
import type { Budgets } from "#core/budgets/index.ts";
import type { Sessions } from "#core/sessions/index.ts";

interface PaidPrompt {
  /** `fleet/id` of the receiver. */
  readonly path: string;
  readonly text: string;
  readonly submit: boolean;
  readonly tokens: number;
  /** The agent whose budgets give them; absent: a person gives. */
  readonly from?: string | undefined;
  readonly actor: string;
}

interface Slices {
  readonly budgets: Budgets;
  readonly sessions: Pick<Sessions, "send">;
}

/** Answers what was really handed over: never more than the giver's and the receiver's own budgets have left. */
export async function sendWithTokens(
  { budgets, sessions }: Slices,
  prompt: PaidPrompt,
): Promise<Result<{ tokens: number; note?: string }>> {
  const { path, actor } = prompt;
  const handed = handOver(budgets, { from: prompt.from, to: path, tokens: prompt.tokens, actor });
  if (!handed.ok) return handed;
  const { tokens, note } = handed.value;
  const words = `${prompt.text}\n\nToken budget for this: ${amountText(tokens, "tokens")}.`;
  const sent = await sessions.send(path, words, prompt.submit);
  if (sent.ok) return ok({ tokens, ...(note === undefined ? {} : { note }) });
  handBack(budgets, { to: path, tokens, actor, reason: "The prompt did not arrive." });
  return sent;
}
