/**
 * The server's end of one connection: parses, validates, calls the handlers, and keeps every stream within its window.
 * Nothing a client sends can throw out of here; what a handler throws is logged, answered `internal`, and the connection
 * lives on. Bounded: calls under way and open streams, each refused with `throttled` beyond its limit.
 */
import type { CommandName, QueryName, StreamName } from "../contract/index.ts";
import { fail, ok } from "../model/result.ts";
import type { Rejection, Result } from "../model/result.ts";
import type { Handlers } from "./handlers.ts";
import { clientMessageSchema, RPC_PROTOCOL } from "./protocol.ts";
import type { CallContext, ClientMessage, ServerWire } from "./protocol.ts";
import { ServerStream } from "./serverStream.ts";
import {
  commandTable,
  describeIssues,
  isCommandName,
  isQueryName,
  isStreamName,
  queryTable,
  streamTable,
} from "./tables.ts";

/** Enough for every terminal of a large grid; a client that wants more leaks. */
const MAX_STREAMS = 256;
const MAX_CALLS = 256;

/** The part of the core's logger this needs. */
export interface RpcLogger {
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
export interface ServeOptions {
  /** The app's version, and the id of this start of the core. */
  readonly version: string;
  readonly generation: string;
  /** Who stands behind this transport; what the client says of itself is not asked. */
  readonly actor: CallContext["actor"];
  readonly logger: RpcLogger;
  /** Parses what handlers answer, too; for development and tests. */
  readonly checkOutputs?: boolean;
}
export interface ServedConnection {
  /** Ends all streams and the wire; idempotent. */
  close(): void;
}

export function serveConnection(wire: ServerWire, handlers: Handlers, options: ServeOptions): ServedConnection {
  return new ServedClient(wire, handlers, options);
}

type Call = Extract<ClientMessage, { t: "query" | "command" }>;

class ServedClient implements ServedConnection {
  readonly #wire: ServerWire;
  readonly #handlers: Handlers;
  readonly #options: ServeOptions;
  readonly #streams = new Map<number, ServerStream>();
  #calls = 0;
  #greeted = false;
  #closed = false;

  constructor(wire: ServerWire, handlers: Handlers, options: ServeOptions) {
    this.#wire = wire;
    this.#handlers = handlers;
    this.#options = options;
    wire.onClose(() => this.#end());
    wire.onMessage((message) => this.#receive(message));
  }

  close(): void {
    this.#wire.close();
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) this.#guard("closing a stream", () => stream.close());
    this.#streams.clear();
  }

  #receive(raw: unknown): void {
    if (this.#closed) return;
    const parsed = clientMessageSchema.safeParse(raw);
    if (!parsed.success) {
      this.#refuseUnreadable(raw, describeIssues(parsed.error));
      return;
    }
    if (parsed.data.t === "hello") this.#greet(parsed.data.protocol);
    else if (!this.#greeted) this.close();
    else this.#dispatch(parsed.data);
  }

  /** A message with an id gets an answer; what has none is no client of ours. */
  #refuseUnreadable(raw: unknown, message: string): void {
    const id = typeof raw === "object" && raw !== null && "id" in raw ? raw.id : undefined;
    if (this.#greeted && typeof id === "number" && Number.isInteger(id))
      this.#refuse(id, { code: "bad_request", message });
    else this.close();
  }

  #greet(protocol: number): void {
    const { version, generation } = this.#options;
    this.#wire.send({ t: "hello", protocol: RPC_PROTOCOL, version, generation });
    if (this.#greeted || protocol !== RPC_PROTOCOL) this.close();
    this.#greeted = true;
  }

  #dispatch(message: Exclude<ClientMessage, { t: "hello" }>): void {
    switch (message.t) {
      case "query":
      case "command":
        void this.#call(message);
        return;
      case "open":
        this.#open(message);
        return;
      case "close":
        return this.#guard("closing a stream", () => {
          this.#streams.get(message.id)?.close();
          this.#streams.delete(message.id);
        });
      case "ack":
        return this.#guard("acknowledging items", () => this.#streams.get(message.id)?.ack(message.amount));
      case "tune":
        return this.#guard("tuning a stream", () => this.#streams.get(message.id)?.tune(message.value));
    }
  }

  async #call(message: Call): Promise<void> {
    const { id, name } = message;
    if (this.#calls >= MAX_CALLS) {
      this.#refuse(id, {
        code: "throttled",
        message: `More than ${MAX_CALLS} calls are under way; wait for some to be answered.`,
      });
      return;
    }
    this.#calls++;
    try {
      const result = await this.#run(message);
      if (result.ok) this.#wire.send({ t: "ok", id, value: result.value });
      else this.#refuse(id, result.error);
    } catch (error) {
      this.#options.logger.error(`The ${message.t} handler "${name}" threw.`, { name, error: describe(error) });
      this.#refuse(id, bugIn(name));
    } finally {
      this.#calls--;
    }
  }

  #run(message: Call): Promise<Result<unknown>> | Result<unknown> {
    const { name, input } = message;
    if (message.t === "query") return isQueryName(name) ? this.#query(name, input) : unknownName("query", name);
    if (!isCommandName(name)) return unknownName("command", name);
    return this.#command(name, input, { actor: this.#options.actor, commandId: message.commandId });
  }

  async #query<K extends QueryName>(name: K, raw: unknown): Promise<Result<unknown>> {
    const input = queryTable[name].input.safeParse(raw);
    if (!input.success) return fail("bad_request", describeIssues(input.error));
    const result = await this.#handlers.queries[name](input.data);
    return this.#checked(name, result, queryTable[name].output);
  }

  async #command<K extends CommandName>(name: K, raw: unknown, context: CallContext): Promise<Result<unknown>> {
    const input = commandTable[name].input.safeParse(raw);
    if (!input.success) return fail("bad_request", describeIssues(input.error));
    const { once } = this.#handlers;
    const run = async (): Promise<Result<unknown>> => this.#handlers.commands[name](input.data, context);
    const result = once === undefined ? await run() : await once({ name, commandId: context.commandId }, run);
    return this.#checked(name, result, commandTable[name].output);
  }

  #checked(name: string, result: Result<unknown>, schema: OutputSchema): Result<unknown> {
    if (!result.ok || this.#options.checkOutputs !== true) return result;
    const parsed = schema.safeParse(result.value);
    if (parsed.success) return ok(parsed.data);
    this.#options.logger.error(`The answer of "${name}" breaks the contract.`, { name, error: String(parsed.error) });
    return { ok: false, error: bugIn(name) };
  }

  #open(message: Extract<ClientMessage, { t: "open" }>): void {
    const { id, name } = message;
    const refusal = this.#refusalToOpen(id, name);
    if (refusal !== undefined) {
      this.#wire.send({ t: "end", id, error: refusal });
      return;
    }
    if (isStreamName(name)) this.#openStream(id, name, message.input);
  }

  #refusalToOpen(id: number, name: string): Rejection | undefined {
    if (!isStreamName(name)) return { code: "bad_request", message: `There is no stream "${name}".` };
    if (this.#streams.has(id)) return { code: "bad_request", message: `Stream ${id} is open already.` };
    if (this.#streams.size < MAX_STREAMS) return undefined;
    return { code: "throttled", message: `More than ${MAX_STREAMS} streams are open; close some first.` };
  }

  #openStream<K extends StreamName>(id: number, name: K, raw: unknown): void {
    const entry = streamTable[name];
    const input = entry.input.safeParse(raw);
    if (!input.success) {
      this.#wire.send({ t: "end", id, error: { code: "bad_request", message: describeIssues(input.error) } });
      return;
    }
    const stream = new ServerStream(this.#wire, {
      id,
      isBytes: entry.bytes,
      check: this.#options.checkOutputs === true ? (item) => this.#isItem(name, item, entry.item) : () => true,
      onEnded: () => this.#streams.delete(id),
      onThrow: (error) => this.#logThrow(`stream "${name}"`, error),
    });
    this.#streams.set(id, stream);
    try {
      const opened = this.#handlers.streams[name](input.data, stream);
      if (opened.ok) stream.attach(opened.value);
      else stream.end(opened.error);
    } catch (error) {
      this.#logThrow(`stream "${name}"`, error);
      stream.end(bugIn(name));
    }
  }

  #isItem(name: string, item: unknown, schema: OutputSchema): boolean {
    const parsed = schema.safeParse(item);
    if (!parsed.success)
      this.#options.logger.error(`An item of "${name}" breaks the contract.`, { name, error: String(parsed.error) });
    return parsed.success;
  }

  #refuse(id: number, error: Rejection): void {
    this.#wire.send({ t: "error", id, error: toWire(error) });
  }

  #guard(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#logThrow(what, error);
    }
  }

  #logThrow(what: string, error: unknown): void {
    this.#options.logger.error(`A handler threw: ${what}.`, { error: describe(error) });
  }
}

interface OutputSchema {
  safeParse(value: unknown): { success: true; data: unknown } | { success: false; error: unknown };
}

function toWire(error: Rejection): { code: string; message: string; details?: Record<string, unknown> } {
  const { code, message, details } = error;
  return details === undefined ? { code, message } : { code, message, details: { ...details } };
}

function unknownName(shape: string, name: string): Result<never> {
  return fail("bad_request", `There is no ${shape} "${name.slice(0, 100)}".`);
}

function bugIn(name: string): Rejection {
  return { code: "internal", message: `Signalbox failed while doing "${name}"; its log has the details.` };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
