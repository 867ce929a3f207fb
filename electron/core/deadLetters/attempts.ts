/**
 * Attempts under way: begun in one commit, ended in another, so that a core that dies in between finds what it had begun.
 * They outlive the healer that started them. Bounded per consumer and in all; what does not fit waits in the table.
 */
import type { HealingPlan, LetterError, ToolRef } from "#shared/model/deadLetter.ts";
import { MOST_REPLAYS_PER_S } from "#shared/model/deadLetter.ts";
import { familyOf } from "#shared/model/letterFamily.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import { letterErrorOf } from "./letterError.ts";
import { OUTBOX, planColumns } from "./letterRows.ts";
import type { Letter } from "./letterRows.ts";
import type { DeadLetters, Move, Note } from "./letters.ts";
import { nextStep } from "./healingPlan.ts";
import type { AttemptOutcome, Taker, Takers } from "./takers.ts";

/** MS-B7: five workers; one consumer that hangs keeps no other one waiting. */
const PER_CONSUMER = 5;
const IN_ALL = 50;
const SECOND_MS = 1000;

/** Which other tools could do what a tool did, best first. The registry answers, where there is one. */
export interface OtherTools {
  alternatives(tool: Partial<ToolRef>): Promise<readonly ToolRef[]>;
}

export interface AttemptsDeps {
  readonly letters: DeadLetters;
  readonly takers: Takers;
  readonly tools: OtherTools;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Something ended: there may be room for the next one. */
  readonly onEnded: () => void;
}

export class Attempts {
  readonly #deps: AttemptsDeps;
  readonly #underWay = new Map<number, string>();
  #starts: number[] = [];

  constructor(deps: AttemptsDeps) {
    this.#deps = deps;
  }

  has(id: number): boolean {
    return this.#underWay.has(id);
  }

  /** How many may begin now. */
  room(): number {
    const now = this.#deps.clock.now();
    this.#starts = this.#starts.filter((at) => at > now - SECOND_MS);
    return Math.max(0, Math.min(IN_ALL - this.#underWay.size, MOST_REPLAYS_PER_S - this.#starts.length));
  }

  /** When the rate has room again; undefined: it is not the rate that holds back. */
  roomInMs(): number | undefined {
    const [oldest] = this.#starts;
    if (oldest === undefined || this.#starts.length < MOST_REPLAYS_PER_S) return undefined;
    return Math.max(1, oldest + SECOND_MS - this.#deps.clock.now());
  }

  /** Consumers that have as many attempts as they may. */
  busy(): readonly string[] {
    const counts = new Map<string, number>();
    for (const consumer of this.#underWay.values()) counts.set(consumer, (counts.get(consumer) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= PER_CONSUMER).map(([consumer]) => consumer);
  }

  /** False: not begun (it moved meanwhile, or its consumer is busy). */
  start(letter: Letter): boolean {
    const { plan } = letter;
    if (plan === undefined || this.has(letter.id) || this.busy().includes(letter.consumer)) return false;
    const begun = this.#deps.letters.move(letter.id, beginning(letter, plan, this.#deps.clock.wallNow()));
    if (!begun.ok) return false;
    this.#starts.push(this.#deps.clock.now());
    this.#underWay.set(letter.id, letter.consumer);
    this.#run(begun.value, plan)
      .catch((error: unknown) =>
        this.#deps.logger.error("An attempt at a dead letter could not be ended.", {
          letter: letter.id,
          error: String(error),
        }),
      )
      .finally(() => {
        this.#underWay.delete(letter.id);
        this.#deps.onEnded();
      });
    return true;
  }

  /** A core or a healer ended in the middle of it: the attempt counts, and the next one is planned. */
  async takeUp(letter: Letter): Promise<void> {
    if (this.has(letter.id) || letter.plan === undefined) return;
    const error = { ...letter.error, message: "Signalbox ended during this attempt." };
    await this.#end(letter, { ok: false, error, isOurs: true });
  }

  /** What the healer does next with it. */
  async next(letter: Letter, error: LetterError = letter.error): Promise<ReturnType<typeof nextStep>> {
    const taker = this.#deps.takers.of(letter);
    const question = {
      error,
      family: familyOf(letter),
      retries: letter.retries,
      isToolCall: taker?.isToolCall ?? false,
      alternatives: error.class === "not_found" ? await this.#others(letter, taker) : [],
      hasPlanB: taker?.hasPlanB?.(letter) ?? false,
      mayRepeat: taker?.mayRepeat?.(letter) ?? true,
    };
    return nextStep(question, this.#deps.clock.wallNow());
  }

  /** Not tried yet, and fit to be tried without a person's word. */
  async #others(letter: Letter, taker: Taker | undefined): Promise<readonly ToolRef[]> {
    const { server, tool, tried } = letter;
    if (tool === undefined) return [];
    const others = await this.#deps.tools.alternatives(server === undefined ? { tool } : { server, tool });
    return others.filter(
      (other) =>
        !tried.some((one) => one.server === other.server && one.tool === other.tool) &&
        taker?.mayRepeat?.(letter, other) !== false,
    );
  }

  async #run(letter: Letter, plan: HealingPlan): Promise<void> {
    const { letters, takers } = this.#deps;
    const taker = takers.of(letter);
    const content = letters.content(letter.id);
    if (taker === undefined || content === undefined) {
      const message = "Nobody takes these messages now.";
      return this.#end(letter, { ok: false, error: { ...letter.error, message }, isOurs: true });
    }
    const outcome = await taker
      .attempt({ letter, plan, data: content.edited ?? content.original, headers: content.headers })
      .catch((error: unknown): AttemptOutcome => ({
        ok: false,
        error: letterErrorOf(error, this.#deps.clock.wallNow()),
      }));
    await this.#end(letter, outcome);
  }

  async #end(letter: Letter, outcome: AttemptOutcome): Promise<void> {
    const move = outcome.ok ? healed(letter) : await this.#failed(letter, outcome);
    const moved = this.#deps.letters.move(letter.id, move);
    if (!moved.ok && moved.error.code === "store_unavailable")
      this.#deps.logger.error("The outcome of an attempt could not be recorded; it will be tried again.", {
        letter: letter.id,
        error: moved.error.message,
      });
  }

  async #failed(letter: Letter, { error, isOurs }: Extract<AttemptOutcome, { ok: false }>): Promise<Move> {
    const { clock } = this.#deps;
    // What we could not do says nothing new about the message: its own error stays.
    const kept =
      isOurs === true ? {} : { error: JSON.stringify(error), error_class: error.class, last_at: clock.wallNow() };
    const first: Note = { what: "attempt_failed", detail: error.message };
    if (letter.plan?.by === "person")
      return left(letter, { first, actor: "person", reason: "The attempt failed.", kept, strategy: false });
    const step = await this.next(letter, isOurs === true ? letter.error : error);
    if (step.type === "leave")
      return left(letter, { first, actor: "healer", reason: step.reason, kept, strategy: true });
    return planned(step.plan, { first, kept });
  }
}

function beginning(letter: Letter, plan: HealingPlan, nowMs: number): Move {
  const { alternative } = plan;
  const tried = alternative === undefined ? letter.tried : [...letter.tried, alternative];
  return {
    to: "retrying",
    actor: plan.by,
    notes: [{ what: "attempted", detail: plan.sentence }],
    set: {
      due_at: null,
      attempt_at: nowMs,
      retries: letter.retries + 1,
      tried: JSON.stringify(tried),
      outbox: letter.outbox | (alternative === undefined ? 0 : OUTBOX.alternative),
    },
    check: (now) =>
      now.attemptMs === undefined
        ? { ok: true, value: undefined }
        : { ok: false, error: { code: "running", message: "An attempt is under way." } },
  };
}

const RESTING = { plan: null, due_at: null, attempt_at: null } as const;

function healed(letter: Letter): Move {
  const by = letter.plan?.alternative;
  const detail = by === undefined ? `${letter.consumer} took it.` : `${by.tool} of ${by.server} took it over.`;
  return { to: "replayed", actor: letter.plan?.by ?? "healer", notes: [{ what: "replayed", detail }], set: RESTING };
}

interface Leaving {
  readonly first?: Note;
  readonly actor: string;
  readonly reason: string;
  readonly kept?: Move["set"];
  /** The healer is out of strategies, and says so on the bus. */
  readonly strategy: boolean;
}

/** Left to a person. */
export function left(letter: Letter, { first, actor, reason, kept, strategy }: Leaving): Move {
  const note: Note = { what: "gave_up", detail: reason };
  const outbox = letter.outbox | (strategy ? OUTBOX.noStrategy : 0);
  return {
    to: "needs_human",
    actor,
    notes: first === undefined ? [note] : [note, first],
    set: { ...RESTING, ...kept, outbox },
  };
}

export function planned(
  plan: HealingPlan,
  { first, kept }: { readonly first?: Note; readonly kept?: Move["set"] } = {},
): Move {
  const [text, dueMs] = planColumns(plan);
  const note: Note = { what: "planned", detail: plan.sentence };
  return {
    to: "retrying",
    actor: plan.by,
    notes: first === undefined ? [note] : [first, note],
    set: { ...kept, plan: text, due_at: dueMs, attempt_at: null },
  };
}
