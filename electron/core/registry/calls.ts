/** Calls of tools, each written down and told: the one way from the window, the command line, agents and workflows to a tool. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { systemSubject, toolServerSubject } from "#shared/lib/eventSubjects.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ToolCall, ToolCallDetail, ToolOutcome } from "#shared/model/toolServer.ts";
import { closeInterrupted, finishCall, insertCall, loggedJson, readCall, readCalls } from "./callLog.ts";
import type { CallQuery } from "./callLog.ts";
import { outcomeOf, perform, refusal } from "./invocation.ts";
import type { Ending, ToolOrder } from "./invocation.ts";
import type { KeptAnswer, Slot } from "./answerCache.ts";
import type { LiveServer } from "./liveServer.ts";
import type { ServerBook } from "./serverBook.ts";
import type { RegistryDeps } from "./registryDeps.ts";

interface Begun {
  readonly id: string;
  readonly key: string;
  readonly order: ToolOrder;
  readonly args: string;
  readonly startedAtMs: number;
  readonly startedAt: number;
}

export class ToolCalls {
  readonly #deps: RegistryDeps;
  readonly #book: ServerBook;

  constructor(deps: RegistryDeps, book: ServerBook) {
    this.#deps = deps;
    this.#book = book;
  }

  /** Calls that the last app's end cut short. */
  closeInterrupted(): void {
    this.#deps.recorder.project((tx) => void closeInterrupted(tx));
  }

  /**
   * Errors: not_found, ambiguous, forbidden, conflict, not_running, bad_request (arguments), too_large, throttled, timeout,
   * disconnected (the server ended in the middle), tool_failed (the tool says so), bad_answer (it broke its own schema).
   */
  async invoke(order: ToolOrder): Promise<Result<ToolOutcome>> {
    const fleet = order.by.id?.includes("/") === true ? order.by.id.slice(0, order.by.id.indexOf("/")) : undefined;
    const found = this.#book.find(order.server, fleet);
    const begun = this.#begin(order, found.ok ? found.value.key : order.server);
    if (!found.ok) return this.#finish(begun, { outcome: "refused", result: found, attempts: 0 });
    const server = found.value;
    const refused = refusal(server, order);
    if (refused !== undefined) return this.#finish(begun, refused);
    const slot = this.#book.answers.slot(server, order);
    const kept = slot === undefined ? undefined : this.#kept(server, order, slot);
    if (kept !== undefined) return this.#finish(begun, fromCache(kept));
    const asked = this.#ask(server, order, (ending) => {
      if (slot !== undefined) this.#book.answers.keep(slot, begun.id, ending);
    });
    return this.#finish(begun, await asked);
  }

  /** A server that does not run answers nothing, also not from the cache. */
  #kept(server: LiveServer, { fresh = false }: ToolOrder, slot: Slot): KeptAnswer | undefined {
    if (fresh) this.#book.answers.forget(slot);
    return server.isUp ? this.#book.answers.take(slot) : undefined;
  }

  async #ask(server: LiveServer, order: ToolOrder, onEnding: (ending: Ending) => void): Promise<Ending> {
    const isPerson = order.by.kind === "person" || order.by.kind === "cli";
    if (isPerson && !server.isUp) this.#book.wants(server.key);
    server.callsUnderWay += 1;
    this.#book.feed.mark(server.key);
    try {
      const ending = await perform(server, order, { clock: this.#deps.clock, mayStart: isPerson });
      onEnding(ending);
      return ending;
    } finally {
      server.callsUnderWay -= 1;
      this.#book.feed.mark(server.key);
    }
  }

  #begin(order: ToolOrder, key: string): Begun {
    const { clock, recorder, newId } = this.#deps;
    const startedAtMs = clock.wallNow();
    const args = loggedJson(order.args ?? {});
    const begun = { id: newId(), key, order, args, startedAtMs, startedAt: clock.now() };
    const { contextId, correlationId, by, tool } = order;
    recorder.project((tx) =>
      insertCall(tx, { id: begun.id, server: key, tool, by, contextId, correlationId, args, startedAtMs }),
    );
    this.#book.feed.markCalls();
    return begun;
  }

  #finish(begun: Begun, ending: Ending): Result<ToolOutcome> {
    const { id, key, order } = begun;
    const { outcome, result, answer, attempts, cached } = ending;
    const cachedFrom = cached === undefined ? {} : { cachedFrom: cached.from };
    const tookMs = Math.round((this.#deps.clock.now() - begun.startedAt) * 10) / 10;
    const rejection = result.ok ? undefined : result.error;
    const logged = answer === undefined ? undefined : loggedJson(answer);
    const { code, message } = rejection ?? {};
    this.#record(begun, {
      id,
      outcome,
      tookMs,
      attempts,
      ...cachedFrom,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
      ...(logged === undefined ? {} : { result: logged }),
    });
    this.#deps.emit({
      type: "call",
      callId: id,
      key,
      tool: order.tool,
      by: order.by,
      contextId: order.contextId,
      correlationId: order.correlationId,
      outcome,
      code,
      message,
      args: begun.args,
      result: logged,
      tookMs,
      attempts,
      ...cachedFrom,
      atMs: this.#deps.clock.wallNow(),
    });
    if (!result.ok) return { ok: false, error: { ...result.error, details: { ...result.error.details, callId: id } } };
    const when = cached === undefined ? {} : { cachedAt: toIsoTime(cached.atMs) };
    const call = { callId: id, server: key, tool: order.tool, tookMs, attempts, ...cachedFrom, ...when };
    return ok(outcomeOf(call, result.value));
  }

  #record({ id, key, order }: Begun, ended: Parameters<typeof finishCall>[1]): void {
    const { by, tool, contextId, correlationId } = order;
    const verb = `tool_${ended.outcome}`;
    this.#deps.recorder.note(
      {
        // A name nobody knows may be anything; it is data, not part of a subject.
        subject: this.#book.has(key) ? toolServerSubject(key, verb) : systemSubject("registry", verb),
        type: `tool.${ended.outcome}`,
        actor: by.kind,
        data: {
          callId: id,
          server: key,
          tool,
          by: by.id ?? by.kind,
          tookMs: ended.tookMs,
          attempts: ended.attempts,
          ...(ended.cachedFrom === undefined ? {} : { cachedFrom: ended.cachedFrom }),
          ...(ended.code === undefined ? {} : { code: ended.code }),
          ...(ended.message === undefined ? {} : { message: ended.message.slice(0, 500) }),
          ...(contextId === undefined ? {} : { contextId }),
          ...(correlationId === undefined ? {} : { correlationId }),
        },
      },
      (tx) => finishCall(tx, ended),
    );
    this.#book.feed.markCalls();
  }

  /** Newest first; a server's short name means what it means elsewhere, and one that is gone keeps its calls. */
  list(query: CallQuery): readonly ToolCall[] {
    this.#deps.recorder.flush();
    const known = query.server === undefined ? undefined : this.#book.find(query.server);
    return readCalls(this.#deps.store, known?.ok === true ? { ...query, server: known.value.key } : query);
  }

  one(id: string): Result<ToolCallDetail> {
    this.#deps.recorder.flush();
    return readCall(this.#deps.store, id);
  }
}

/** Its server was not asked, so this was no attempt. */
function fromCache({ answer, callId, atMs }: KeptAnswer): Ending {
  return { outcome: "completed", result: ok(answer), answer, attempts: 0, cached: { from: callId, atMs } };
}
