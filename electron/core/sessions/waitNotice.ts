/**
 * An agent that waits without saying what for (or whose questions only its terminal understands) waits in the inbox all
 * the same. One notice per life; it goes when the agent goes on or when the agent's own request arrives.
 */
import type { AgentActivity } from "#shared/model/states.ts";
import type { AgentAsk } from "#core/ports/agentAdapter.ts";
import type { Clock } from "#core/ports/clock.ts";

/** The request itself usually follows within this time: Codex draws its dialog up to a second after it said it waits. */
const PATIENCE_MS = 2_000;
const NOTICE_ID = "waits";

export interface WaitNoticeDeps {
  readonly clock: Clock;
  readonly asked: (ask: AgentAsk) => void;
  readonly ended: (askId: string) => void;
  /** Whether it goes on by itself when a limit resets: somebody agreed, and there is a way. */
  readonly goesOnAtReset: () => boolean;
}

export class WaitNotice {
  readonly #deps: WaitNoticeDeps;
  readonly #asks = new Set<string>();
  #cancel: () => void = () => {};
  #isOpen = false;

  constructor(deps: WaitNoticeDeps) {
    this.#deps = deps;
  }

  activity(activity: AgentActivity, detail: string): void {
    this.#cancel();
    const notice = noticeFor(activity, detail);
    if (notice === undefined) {
      this.#withdraw();
      return;
    }
    this.#cancel = this.#deps.clock.after(PATIENCE_MS, () => {
      if (this.#asks.size > 0) return;
      this.#isOpen = true;
      this.#deps.asked(activity === "rate_limited" ? this.#withReset(notice) : notice);
    });
  }

  asked(askId: string): void {
    this.#asks.add(askId);
    this.#withdraw();
  }

  askEnded(askId: string): void {
    this.#asks.delete(askId);
  }

  dispose(): void {
    this.#cancel();
  }

  /** What happens at the reset is said as it is: without consent nothing does. */
  #withReset(notice: AgentAsk): AgentAsk {
    const words = this.#deps.goesOnAtReset()
      ? "It goes on by itself when the limit resets."
      : "Tell it to go on when the limit has reset.";
    const detail = notice.body === "" || /[.!?]$/.test(notice.body) ? notice.body : `${notice.body}.`;
    return { ...notice, body: `${detail} ${words}`.trim() };
  }

  #withdraw(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#deps.ended(NOTICE_ID);
  }
}

function noticeFor(activity: AgentActivity, detail: string): AgentAsk | undefined {
  const words = WORDS[activity];
  if (words === undefined) return undefined;
  return {
    id: NOTICE_ID,
    kind: words.kind,
    title: words.title,
    body: detail === "" ? words.body : detail,
    irreversible: false,
    options: [{ id: "dismiss", label: "Leave it for now", key: "D", takesText: false }],
    via: "action",
  };
}

const WORDS: Readonly<Partial<Record<AgentActivity, { kind: AgentAsk["kind"]; title: string; body: string }>>> = {
  waiting_permission: { kind: "permission", title: "Waits for your permission", body: "Answer in its terminal." },
  waiting_answer: { kind: "question", title: "Waits for your answer", body: "Answer in its terminal." },
  needs_login: { kind: "needs_login", title: "Needs you to sign in", body: "Sign in from its terminal." },
  rate_limited: { kind: "rate_limited", title: "Reached a limit", body: "" },
};
