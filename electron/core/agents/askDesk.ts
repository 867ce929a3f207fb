/** The open asks of one life. Each ends exactly once: answered here, or withdrawn because it was settled elsewhere. */
import type { AgentAsk, AgentFact, AskOption } from "#core/ports/agentAdapter.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";

export interface Choice {
  readonly option: string;
  readonly text?: string;
}

interface OpenAsk {
  readonly ask: AgentAsk;
  readonly onAnswer: (choice: Choice, option: AskOption) => void;
  readonly onWithdrawn: () => void;
}

export interface AskHandling {
  readonly onAnswer: (choice: Choice, option: AskOption) => void;
  readonly onWithdrawn?: () => void;
}

export class AskDesk {
  readonly #emit: (fact: AgentFact) => void;
  readonly #open = new Map<string, OpenAsk>();
  #count = 0;
  /** Distinguishes the asks of this observer from those of one before an app restart. */
  readonly #prefix: string;

  constructor(emit: (fact: AgentFact) => void, prefix: string) {
    this.#emit = emit;
    this.#prefix = prefix;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  open(ask: Omit<AgentAsk, "id">, handling: AskHandling): string {
    this.#count += 1;
    const full: AgentAsk = { ...ask, id: `${this.#prefix}-${this.#count}` };
    this.#open.set(full.id, {
      ask: full,
      onAnswer: handling.onAnswer,
      onWithdrawn: handling.onWithdrawn ?? (() => undefined),
    });
    this.#emit({ type: "asked", ask: full });
    return full.id;
  }

  answer(askId: string, choice: Choice): Result<void> {
    const open = this.#open.get(askId);
    if (open === undefined) return fail("not_found", "This request was already answered or withdrawn.");
    const option = open.ask.options.find((candidate) => candidate.id === choice.option);
    if (option === undefined)
      return fail(
        "bad_request",
        `There is no option ${choice.option}. Choose one of ${open.ask.options.map((known) => known.id).join(", ")}.`,
      );
    if (option.takesText && (choice.text ?? "").trim() === "")
      return fail("bad_request", `${option.label} needs a text.`);
    this.#open.delete(askId);
    open.onAnswer(choice, option);
    this.#emit({ type: "ask_ended", askId, how: "answered", answer: answerWords(choice, option) });
    return ok(undefined);
  }

  withdraw(askId: string): void {
    const open = this.#open.get(askId);
    if (open === undefined) return;
    this.#open.delete(askId);
    open.onWithdrawn();
    this.#emit({ type: "ask_ended", askId, how: "withdrawn" });
  }

  withdrawAll(): void {
    for (const askId of this.#open.keys()) this.withdraw(askId);
  }
}

function answerWords(choice: Choice, option: AskOption): string {
  return option.takesText && choice.text !== undefined ? choice.text : option.label;
}
