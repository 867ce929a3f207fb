/**
 * Joins sessions and mailboxes: what a person sends goes through the mailbox like every message, so that it is neither
 * typed into a CLI that is still starting nor lost; a program's raw input does not.
 */
import { budgetWords } from "#core/mailboxes/index.ts";
import { MAX_MAIL_TEXT, PERSON } from "#shared/model/mail.ts";
import type { Mail } from "#shared/model/mail.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { Sessions } from "#core/sessions/index.ts";

export interface Prompt {
  /** `fleet/id`. */
  readonly path: string;
  readonly text: string;
  readonly submit: boolean;
  /** Typed at once, whatever the agent does. */
  readonly now?: boolean | undefined;
  /** Waits for an agent that does not run. */
  readonly hold?: boolean | undefined;
  readonly tokens?: number | undefined;
}

interface Slices {
  readonly sessions: Pick<Sessions, "send" | "refusal">;
  readonly mailboxes: Mailboxes;
}

const HIGH = 1;

export async function sendPrompt({ sessions, mailboxes }: Slices, prompt: Prompt): Promise<Result<{ note?: string }>> {
  const { path, text, submit, hold = false, tokens } = prompt;
  if (isRaw(prompt)) return typed(await sessions.send(path, `${text}${budgetWords(tokens)}`, submit));
  const refusal = sessions.refusal(path);
  if (refusal !== undefined && !(hold && refusal.code === "not_running")) return { ok: false, error: refusal };
  const posted = await mailboxes.post({ from: PERSON, to: path, text, priority: HIGH, hold, tokens });
  return posted.ok ? ok(whereItIs(posted.value.to[0])) : posted;
}

/** Not a message: keys, or what no mailbox takes. */
function isRaw({ text, submit, now = false }: Prompt): boolean {
  return !submit || now || text.length > MAX_MAIL_TEXT || text.trim() === "";
}

function whereItIs(mail: Mail | undefined): { note?: string } {
  if (mail?.state !== "waiting") return {};
  return {
    note: `It waits: ${mail.detail ?? "the agent takes no message now"}. It is delivered at the next idle moment.`,
  };
}

function typed(sent: Result<void>): Result<{ note?: string }> {
  return sent.ok ? ok({}) : sent;
}
