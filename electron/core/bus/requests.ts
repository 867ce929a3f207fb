/** Request and reply, in memory: nobody answers → said at once; nobody answers in time → said then. Nothing is stored. */
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, MessageBus, RequestOptions } from "#core/ports/messageBus.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { subjectMatcher } from "#shared/lib/subjects.ts";
import { BUS_ERRORS } from "#shared/model/bus.ts";
import type { BusHeaders, BusMessage } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { subjectProblem } from "./outgoing.ts";

interface Responder {
  readonly matches: (subject: string) => boolean;
  readonly queue: string | undefined;
  readonly answer: (message: BusMessage) => Promise<string>;
}

/** More at once are refused: a responder that never answers must not gather them without end. */
const MAX_UNDER_WAY = 10_000;

export class Requests {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #responders = new Set<Responder>();
  /** Whose turn it is in each queue group. */
  readonly #turns = new Map<string, number>();
  #underWay = 0;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  respond(...[pattern, answer, options]: Parameters<MessageBus["respond"]>): BusSubscription {
    const responder = { matches: subjectMatcher(pattern), queue: options?.queue, answer };
    this.#responders.add(responder);
    return { close: () => void this.#responders.delete(responder) };
  }

  async request(subject: string, data: string, options: RequestOptions): Promise<Result<BusMessage>> {
    const problem = subjectProblem(subject);
    if (problem !== undefined) return fail("bad_request", problem);
    const responders = this.#chosen(subject);
    if (responders.length === 0)
      return fail("no_responders", `Nobody answers on "${subject}".`, { errCode: BUS_ERRORS.noResponders });
    if (this.#underWay >= MAX_UNDER_WAY)
      return fail("throttled", `${MAX_UNDER_WAY} requests wait for their answers. Try again later.`);
    this.#underWay += 1;
    try {
      return await this.#firstAnswer(
        responders,
        this.#message(subject, data, options.headers ?? {}),
        options.timeoutMs,
      );
    } finally {
      this.#underWay -= 1;
    }
  }

  close(): void {
    this.#responders.clear();
  }

  #firstAnswer(responders: readonly Responder[], message: BusMessage, timeoutMs: number): Promise<Result<BusMessage>> {
    const { promise, resolve } = Promise.withResolvers<Result<BusMessage>>();
    const cancel = this.#clock.after(timeoutMs, () =>
      resolve(fail("timeout", `Nobody answered on "${message.subject}" within ${timeoutMs} ms.`)),
    );
    for (const { answer } of responders) {
      void Promise.resolve()
        .then(() => answer(message))
        .then((data) => resolve(ok(this.#message(message.subject, data, {}))))
        .catch((error: unknown) => {
          this.#logger.warn("A responder of the bus failed.", { subject: message.subject, error: String(error) });
          const why = error instanceof Error ? error.message : String(error);
          resolve(fail("internal", `Who answers on "${message.subject}" failed: ${why}`));
        });
    }
    return promise.finally(cancel);
  }

  /** Everyone without a queue, and one member of each queue. */
  #chosen(subject: string): readonly Responder[] {
    const chosen: Responder[] = [];
    const groups = new Map<string, Responder[]>();
    for (const responder of this.#responders) {
      if (!responder.matches(subject)) continue;
      if (responder.queue === undefined) chosen.push(responder);
      else groups.set(responder.queue, [...(groups.get(responder.queue) ?? []), responder]);
    }
    for (const [queue, members] of groups) {
      const turn = this.#turns.get(queue) ?? 0;
      this.#turns.set(queue, turn + 1);
      const member = members[turn % members.length];
      if (member !== undefined) chosen.push(member);
    }
    return chosen;
  }

  #message(subject: string, data: string, headers: BusHeaders): BusMessage {
    return { stream: "", seq: 0, time: toIsoTime(this.#clock.wallNow()), subject, headers, data };
  }
}
