/**
 * Joins agents' own questions, the inbox and the mailboxes: what an agent asks by its tool waits for a person; the answer
 * is the tool's, or, where the agent went on meanwhile, a message. So no CLI's time limit loses an answer.
 */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { PERSON } from "#shared/model/mail.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Inbox } from "#core/inbox/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { StoredEvent } from "#shared/model/event.ts";

const PREFIX = "ask:";
/** Below the time limits CLIs set their tool calls: Codex 60 s by itself, opencode and Claude Code what we inject. */
const HELD_MS = 50_000;
/** One agent's open questions; more is a flood. */
const MOST_OPEN = 5;
const MOST_OPTIONS = 6;

export interface Question {
  readonly path: string;
  readonly question: string;
  readonly options: readonly string[];
}

export interface AsksDeps {
  readonly inbox: Inbox;
  readonly mailboxes: Mailboxes;
  readonly clock: Clock;
  readonly newId: () => string;
}

export class AgentAsks {
  readonly #deps: AsksDeps;
  readonly #held = new Map<string, (answer: string | undefined) => void>();

  constructor(deps: AsksDeps) {
    this.#deps = deps;
  }

  /** The answer; undefined: none yet, it will come as a message. Errors: throttled. */
  async ask({ path, question, options }: Question, signal: AbortSignal): Promise<Result<string | undefined>> {
    const { inbox, clock, newId } = this.#deps;
    const open = inbox.list().filter((item) => item.status === "open" && item.id.startsWith(`${PREFIX}${path}:`));
    if (open.length >= MOST_OPEN)
      return fail("throttled", `${MOST_OPEN} of your questions wait for a person already. Wait for an answer.`);
    const id = `${PREFIX}${path}:${newId()}`;
    inbox.open({
      id,
      kind: "question",
      path,
      title: "Asks you",
      body: question,
      irreversible: false,
      options: optionsOf(options),
      via: "hook",
    });
    const answer = await new Promise<string | undefined>((resolve) => {
      const cancel = clock.after(HELD_MS, () => resolve(undefined));
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
      this.#held.set(id, (given) => {
        cancel();
        resolve(given);
      });
    });
    this.#held.delete(id);
    return ok(answer);
  }

  /** Undefined: not one of these. */
  async answer(
    item: Pick<InboxItem, "id" | "path" | "body" | "options">,
    choice: Choice,
  ): Promise<Result<unknown> | undefined> {
    if (!item.id.startsWith(PREFIX)) return undefined;
    const option = item.options.find(({ id }) => id === choice.option);
    const answer = option?.takesText === true ? (choice.text ?? "") : (option?.label ?? "");
    if (answer.trim() === "") return fail("bad_request", "Write an answer.");
    const held = this.#held.get(item.id);
    if (held !== undefined) return ok(held(answer));
    const text = `The person's answer to your question "${item.body}": ${answer}`;
    return this.#deps.mailboxes.post({ from: PERSON, to: item.path, text, kind: "answer", priority: 1 });
  }

  /** Of a fleet that went down or was forgotten nobody waits for an answer. */
  settle(events: readonly StoredEvent[]): void {
    for (const { type, data } of events) {
      if (type !== "fleet.down" && type !== "fleet.forgotten") continue;
      this.#deps.inbox.withdrawAll(`${PREFIX}${String(data["fleet"])}/`, "Its fleet is down");
    }
  }
}

interface Choice {
  readonly option: string;
  readonly text?: string;
}

function optionsOf(options: readonly string[]): InboxItem["options"] {
  const given = options
    .slice(0, MOST_OPTIONS)
    .map((label, index) => ({ id: String(index + 1), label, key: String(index + 1), takesText: false }));
  const label = given.length === 0 ? "Answer" : "Something else";
  return [...given, { id: "text", label, key: String(given.length + 1), takesText: true }];
}
