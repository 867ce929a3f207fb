/**
 * Joins the registry and dead letters: a call that was lost on its way (no answer, server gone, an answer that breaks its
 * schema) is a dead letter. Its caller was told that it failed and may have gone another way, so the healer repeats only
 * what says of itself that it changes nothing; everything else is a person's to decide. Steps of workflows have their own
 * way (`healedSteps.ts`).
 */
import { z } from "zod";
import { parseTime } from "#shared/lib/isoTime.ts";
import { hear } from "#shared/model/catalogue/message.ts";
import type { ToolRef } from "#shared/model/deadLetter.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { ToolCallDetail, ToolOutcome } from "#shared/model/toolServer.ts";
import { letterErrorOf } from "#core/deadLetters/index.ts";
import type { AttemptOrder, AttemptOutcome, DeadLetterDesk, Letter } from "#core/deadLetters/index.ts";
import type { Mailboxes } from "#core/mailboxes/index.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { mayCall } from "#core/registry/index.ts";
import type { Registry } from "#core/registry/index.ts";
import { CONSUMER, isLostCall, lostCallLetter, readOrder, sourceOf, STREAM } from "./lostCall.ts";
import { otherTools } from "./otherTools.ts";

export interface FailedCallDeps {
  readonly desk: DeadLetterDesk;
  readonly registry: {
    readonly calls: Pick<Registry["calls"], "one" | "list">;
    readonly servers: Pick<Registry["servers"], "views">;
    readonly invoke: Registry["invoke"];
  };
  readonly bus: Pick<MessageBus, "listen">;
  readonly mailboxes: () => Pick<Mailboxes, "post">;
  readonly clock: Clock;
  readonly logger: Logger;
}

const OPEN = ["new", "retrying", "needs_human"] as const;
/** Open letters that a call is compared with; more wait for a person, who does not look at them one by one. */
const MOST_COMPARED = 200;
/** Calls before a start that may have been cut off with the core, before their letter was written. */
const CALLS_BEFORE = 200;
const BEFORE_MS = 60 * 60 * 1000;
/** As much of an answer as an agent is told; the log of calls has the rest. */
const MOST_TOLD_CHARS = 2000;
/** Who called, where a person had a letter sent again. */
const LETTER = "dead letter ";

export class FailedCalls {
  readonly #deps: FailedCallDeps;
  readonly #ends: (() => void)[] = [];
  /** Calls whose letter is being written: the same call that failed at the same moment finds none in the table yet. */
  readonly #taking = new Set<string>();

  constructor(deps: FailedCallDeps) {
    this.#deps = deps;
  }

  /** Calls that the last core left without a letter, too. */
  open(): void {
    const { desk, bus } = this.#deps;
    const taker = {
      isToolCall: true,
      attempt: (order: AttemptOrder) => this.#attempt(order),
      mayRepeat: (letter: Letter, by?: ToolRef) => this.#mayRepeat(letter, by),
      check: (data: string) => {
        const asked = readOrder(data);
        return asked.ok ? ok(undefined) : asked;
      },
    };
    this.#ends.push(desk.takers.register(STREAM, CONSUMER, taker));
    const failed = bus.listen("tool.*.failed", ({ data }) => void this.#take(callIdOf(data), OPEN));
    const completed = bus.listen("tool.*.completed", ({ data }) => this.#doneMeanwhile(data));
    this.#ends.push(
      () => failed.close(),
      () => completed.close(),
    );
    this.#takeUp();
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
  }

  #takeUp(): void {
    const { registry, clock } = this.#deps;
    const sinceMs = clock.wallNow() - BEFORE_MS;
    for (const { id, startedAt, outcome } of registry.calls.list({ limit: CALLS_BEFORE }).toReversed())
      if (outcome !== "completed" && parseTime(startedAt) >= sinceMs) void this.#take(id);
  }

  /** `states`: of letters that stand for this call as well; without it any one does. */
  async #take(callId: string, states?: typeof OPEN): Promise<void> {
    const { desk, registry, clock, logger } = this.#deps;
    const found = registry.calls.one(callId);
    if (!found.ok) return;
    const call = found.value;
    const error = letterErrorOf({ code: call.code, message: call.message ?? "" }, clock.wallNow());
    const isLost = isLostCall(call, error.class) && !this.#isOurs(call);
    if (!isLost || (error.class === "not_found" && (await this.#others(call)).length === 0)) return;
    const key = [sourceOf(call), call.server, call.tool, call.args].join(" ");
    if (this.#taking.has(key) || this.#lettersOf(call, states).length > 0) return;
    const letter = lostCallLetter(call, error);
    this.#taking.add(key);
    const taken = letter.ok ? await desk.letters.take(letter.value) : letter;
    this.#taking.delete(key);
    if (!taken.ok) logger.error("A failed call could not be kept as a dead letter.", { call: call.id, ...taken.error });
  }

  /** The healer's own, or made again because a person said so: its letter hears of it. */
  #isOurs({ by }: ToolCallDetail): boolean {
    return by.kind === "healer" || by.kind === "workflow" || by.id?.startsWith(LETTER) === true;
  }

  async #others({ server, tool }: ToolRef): Promise<readonly ToolRef[]> {
    return otherTools(this.#deps.registry).alternatives({ server, tool });
  }

  /** The same call of the same caller. */
  #lettersOf(call: ToolCallDetail, states?: typeof OPEN): readonly Letter[] {
    const { desk, registry } = this.#deps;
    const filter = states === undefined ? { consumer: CONSUMER } : { consumer: CONSUMER, states: [...states] };
    return desk.letters.list(filter, { limit: MOST_COMPARED }).filter(({ messageId, server, tool }) => {
      if (server !== call.server || tool !== call.tool) return false;
      const other = registry.calls.one(messageId);
      return other.ok && other.value.args === call.args && sourceOf(other.value) === sourceOf(call);
    });
  }

  /** Its caller made the call again, and it worked: nothing is left to heal. */
  #doneMeanwhile(data: string): void {
    const { desk, registry } = this.#deps;
    if (desk.letters.count({ consumer: CONSUMER, states: [...OPEN] }) === 0) return;
    const call = registry.calls.one(callIdOf(data));
    // From the cache: nothing was tried.
    if (!call.ok || this.#isOurs(call.value) || call.value.cachedFrom !== undefined) return;
    for (const { id } of this.#lettersOf(call.value, OPEN))
      desk.letters.move(id, {
        to: "replayed",
        actor: call.value.by.kind,
        notes: [{ what: "replayed", detail: "Its caller made the call again, and it worked." }],
        set: { plan: null, due_at: null },
        check: ({ attemptMs }) =>
          attemptMs === undefined ? ok(undefined) : fail("running", "An attempt is under way."),
      });
  }

  /** Without a person's word, of this tool or of another one. */
  #mayRepeat(letter: Letter, by?: ToolRef): boolean {
    const { registry } = this.#deps;
    const asked = this.#orderOf(letter);
    const call = registry.calls.one(letter.messageId);
    if (!asked.ok || !call.ok) return false;
    const target = by ?? { server: asked.value.server, tool: asked.value.tool };
    const server = registry.servers.views().find(({ key }) => key === target.server);
    const tool = server?.tools.find(({ name }) => name === target.tool);
    if (server === undefined || tool?.hints.includes("read_only") !== true) return false;
    return mayCall({ fleet: server.fleet, allow: server.allow }, call.value.by, target.tool);
  }

  #orderOf({ id }: Letter): ReturnType<typeof readOrder> {
    const content = this.#deps.desk.letters.content(id);
    return content === undefined ? fail("not_found", "It is gone.") : readOrder(content.edited ?? content.original);
  }

  async #attempt({ letter, data, plan }: AttemptOrder): Promise<AttemptOutcome> {
    const { registry, clock } = this.#deps;
    const asked = readOrder(data);
    if (!asked.ok) return { ok: false, isOurs: true, error: letterErrorOf(asked.error, clock.wallNow()) };
    const { server, tool, args, contextId, correlationId } = asked.value;
    const byPerson = { kind: "person", id: `${LETTER}${letter.id}` } as const;
    const outcome = await registry.invoke({
      ...(plan.alternative ?? { server, tool }),
      args,
      by:
        letter.plan?.by === "person"
          ? byPerson
          : { kind: "healer", ...(letter.agent === undefined ? {} : { id: letter.agent }) },
      contextId,
      correlationId,
      timeoutMs: plan.timeoutMs,
      fresh: true,
    });
    if (!outcome.ok) return { ok: false, error: letterErrorOf(outcome.error, clock.wallNow()) };
    await this.#tell(letter, outcome.value);
    return { ok: true };
  }

  /** An agent that still runs asked for it; a person finds it in the log of calls. */
  async #tell(letter: Letter, { server, tool, text }: ToolOutcome): Promise<void> {
    const { mailboxes, logger } = this.#deps;
    if (letter.agent === undefined) return;
    const [fleet = ""] = letter.agent.split("/");
    const answer = text.length > MOST_TOLD_CHARS ? `${text.slice(0, MOST_TOLD_CHARS)}… (cut)` : text;
    const said = `Your call of ${letter.tool ?? tool} failed at ${letter.firstFailedAt} (${letter.error.message}) It was made again by ${tool} of ${server}, which answered:\n${answer}`;
    const mail = {
      from: "healer",
      fleet,
      to: letter.agent,
      text: said,
      hold: false,
      id: `letter-${letter.id}`,
    } as const;
    const posted = await mailboxes().post({
      ...mail,
      contextId: letter.contextId,
      correlationId: letter.correlationId,
    });
    if (!posted.ok) logger.info("An agent was not told of its healed call.", { letter: letter.id, ...posted.error });
  }
}

const saidSchema = z.object({ callId: z.string() });

function callIdOf(data: string): string {
  const heard = hear(data);
  const said = saidSchema.safeParse(heard.ok ? heard.value.data : undefined);
  return said.success ? said.data.callId : "";
}
