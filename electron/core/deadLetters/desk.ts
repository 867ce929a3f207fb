/** The dead letters, their healer and their words in one: what the core composes and everybody else asks. */
import type { DeadLetterCounts, DeadLetterDetail, DeadLetterFilter, DeadLetter } from "#shared/model/deadLetter.ts";
import { systemSubject } from "#shared/lib/eventSubjects.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Clock, Random } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Store } from "#core/store/index.ts";
import type { OtherTools } from "./attempts.ts";
import { guardedBus } from "./guardedBus.ts";
import { Healer } from "./healer.ts";
import { LetterFeed } from "./letterFeed.ts";
import { toDeadLetter } from "./letterRows.ts";
import { DeadLetters } from "./letters.ts";
import { Outbox } from "./outbox.ts";
import { keepSevenDays } from "./retention.ts";
import { Takers } from "./takers.ts";

export interface DeskDeps {
  readonly store: Store;
  /** As it is; slices get `guarded`. */
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly onGaveUp: (reason: string) => void;
}

export class DeadLetterDesk {
  readonly letters: DeadLetters;
  readonly takers = new Takers();
  readonly healer: Healer;
  readonly feed: LetterFeed;
  /** What a consumer gives up on here is a dead letter. */
  readonly guarded: MessageBus;
  readonly #deps: DeskDeps;
  /** Without a registry no tool has another one. */
  #tools: OtherTools = { alternatives: async () => [] };
  readonly #outbox: Outbox;
  #endRetention: (() => void) | undefined;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
    const letters = new DeadLetters(deps);
    this.letters = letters;
    const { takers } = this;
    const tools: OtherTools = { alternatives: (tool) => this.#tools.alternatives(tool) };
    const onGaveUp = (reason: string): void => {
      this.feed.touch();
      const event = { subject: systemSubject("healer", "gave_up"), type: "healer.gave_up", data: { reason } } as const;
      deps.store.transact({ actor: "supervisor", work: (tx) => void tx.append(event) });
      deps.onGaveUp(reason);
    };
    this.healer = new Healer({ ...deps, tools, letters, takers, onGaveUp });
    this.feed = new LetterFeed({ letters, clock: deps.clock });
    this.guarded = guardedBus({ ...deps, letters, takers });
    this.#outbox = new Outbox({ ...deps, letters });
  }

  /** Who knows of other tools. */
  joinTools(tools: OtherTools): void {
    this.#tools = tools;
  }

  /** Once everybody who takes messages listens: what an earlier core had begun goes on. */
  async open(): Promise<void> {
    this.#outbox.open();
    this.#endRetention = keepSevenDays({ ...this.#deps, letters: this.letters });
    await this.healer.open();
  }

  list(
    filter: DeadLetterFilter,
    page: { readonly before?: number | undefined; readonly limit: number },
  ): { letters: DeadLetter[]; matching: number } {
    return { letters: this.letters.list(filter, page).map(toDeadLetter), matching: this.letters.count(filter) };
  }

  standing(): { counts: DeadLetterCounts; healer: "running" | "gave_up" } {
    return { counts: this.letters.counts(), healer: this.healer.isUp ? "running" : "gave_up" };
  }

  async detail(id: number): Promise<Result<DeadLetterDetail>> {
    const found = this.letters.find(id);
    if (!found.ok) return found;
    const letter = found.value;
    const content = this.letters.content(id) ?? { headers: {}, original: "" };
    const alternatives =
      letter.tool === undefined
        ? []
        : await this.#tools.alternatives({
            ...(letter.server === undefined ? {} : { server: letter.server }),
            tool: letter.tool,
          });
    return ok({
      ...toDeadLetter(letter),
      ...(letter.stack === undefined ? {} : { stack: letter.stack }),
      headers: Object.fromEntries(Object.entries(content.headers).map(([name, values]) => [name, [...values]])),
      original: content.original,
      ...(content.edited === undefined ? {} : { edited: content.edited }),
      history: [...this.letters.history(id)],
      alternatives: [...alternatives],
      hasTaker: this.takers.of(letter) !== undefined,
    });
  }

  async close(): Promise<void> {
    this.#endRetention?.();
    await this.healer.close();
    await this.#outbox.close();
    this.feed.close();
    this.letters.close();
  }
}
