/**
 * The client's end of one connection. Every promise settles: with the server's answer, or with `disconnected` when the
 * wire closes. What arrives is parsed with the contract; what does not parse is the server's bug and answers `internal`.
 */
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  QueryInput,
  QueryName,
  QueryOutput,
  StreamInput,
  StreamItem,
  StreamName,
} from "../contract/index.ts";
import { fail, ok } from "../model/result.ts";
import type { Rejection, Result } from "../model/result.ts";
import { RPC_PROTOCOL, serverMessageSchema } from "./protocol.ts";
import type { ClientMessage, ClientWire, ServerMessage } from "./protocol.ts";
import { commandTable, queryTable, streamTable, toRejection } from "./tables.ts";

export interface StreamConsumer<Item> {
  /** `bytes` belongs to the consumer. */
  onItem(item: Item, bytes: Uint8Array | undefined): void;
  /** Once, unless the consumer closed the stream itself. Without an error the stream is complete. */
  onEnd?(error?: Rejection): void;
  /** Default true: an item counts as consumed when `onItem` returns. False: the consumer acknowledges itself. */
  autoAck?: boolean;
}
export interface StreamControl {
  close(): void;
  /** Frees the window: bytes for byte streams, items for the others. */
  ack(amount: number): void;
  tune(value: unknown): void;
}
export interface RpcClient {
  query<K extends QueryName>(name: K, input: QueryInput<K>): Promise<Result<QueryOutput<K>>>;
  /** The same `commandId` said twice does it once. */
  command<K extends CommandName>(
    name: K,
    input: CommandInput<K>,
    options?: CommandOptions,
  ): Promise<Result<CommandOutput<K>>>;
  open<K extends StreamName>(name: K, input: StreamInput<K>, consumer: StreamConsumer<StreamItem<K>>): StreamControl;
}
export interface CommandOptions {
  readonly commandId?: string;
}
export interface ServerGreeting {
  readonly version: string;
  readonly generation: string;
}
export interface ConnectedClient extends RpcClient {
  /** The server's hello; fails with `unsupported` for another protocol version, `disconnected` when the wire closed. */
  readonly ready: Promise<Result<ServerGreeting>>;
  onClose(listener: () => void): void;
  close(): void;
}
export interface RpcClientOptions {
  /** Told to the server for its log; it grants nothing. */
  readonly client: "window" | "browser" | "cli";
  /** Unique ids for commands: `crypto.randomUUID`. */
  readonly newId: () => string;
  /** Called with every hello. */
  readonly onGeneration?: (generation: string) => void;
}

const ACK_BYTES = 8 * 1024;
const ACK_ITEMS = 32;
export const DISCONNECTED: Rejection = {
  code: "disconnected",
  message: "The connection to Signalbox was lost before it answered. Check that the app runs, then try again.",
};

export function createRpcClient(wire: ClientWire, options: RpcClientOptions): ConnectedClient {
  return new Connection(wire, options);
}

interface PendingCall {
  settle(message: { value: unknown } | { error: Rejection }): void;
}
interface OpenStream {
  item(value: unknown, bytes: Uint8Array | undefined): void;
  end(error?: Rejection): void;
}

class Connection implements ConnectedClient {
  readonly ready: Promise<Result<ServerGreeting>>;
  readonly #wire: ClientWire;
  readonly #options: RpcClientOptions;
  readonly #calls = new Map<number, PendingCall>();
  readonly #streams = new Map<number, OpenStream>();
  #nextId = 1;
  #closed = false;
  #greet: (greeting: Result<ServerGreeting>) => void = () => {};

  constructor(wire: ClientWire, options: RpcClientOptions) {
    this.#wire = wire;
    this.#options = options;
    this.ready = new Promise((resolve) => (this.#greet = resolve));
    wire.onMessage((message, bytes) => this.#receive(message, bytes));
    wire.onClose(() => this.#disconnected());
    wire.send({ t: "hello", protocol: RPC_PROTOCOL, client: options.client });
  }

  query<K extends QueryName>(name: K, input: QueryInput<K>): Promise<Result<QueryOutput<K>>> {
    const parse = (value: unknown) => queryTable[name].output.safeParse(value);
    return this.#call(parse, (id) => ({ t: "query", id, name, input }));
  }

  command<K extends CommandName>(
    name: K,
    input: CommandInput<K>,
    options: CommandOptions = {},
  ): Promise<Result<CommandOutput<K>>> {
    const commandId = options.commandId ?? this.#options.newId();
    const parse = (value: unknown) => commandTable[name].output.safeParse(value);
    return this.#call(parse, (id) => ({ t: "command", id, name, input, commandId }));
  }

  open<K extends StreamName>(name: K, input: StreamInput<K>, consumer: StreamConsumer<StreamItem<K>>): StreamControl {
    const id = this.#nextId++;
    const entry = streamTable[name];
    const ack = (amount: number) => this.#streams.has(id) && this.#wire.send({ t: "ack", id, amount });
    const consumed = consumer.autoAck === false ? () => {} : batchedAcks(entry.bytes, ack);
    const end = (error?: Rejection) => {
      if (this.#streams.delete(id)) consumer.onEnd?.(error);
    };
    this.#streams.set(id, {
      item: (value, bytes) => {
        const parsed = entry.item.safeParse(value);
        if (!parsed.success) {
          this.#wire.send({ t: "close", id });
          end({ code: "internal", message: `The app sent an item of "${name}" this version cannot read.` });
          return;
        }
        consumer.onItem(parsed.data, bytes);
        consumed(bytes);
      },
      end,
    });
    if (this.#closed) void Promise.resolve().then(() => end(DISCONNECTED));
    else this.#wire.send({ t: "open", id, name, input });
    return {
      close: () => void (this.#streams.delete(id) && this.#wire.send({ t: "close", id })),
      ack,
      tune: (value) => void (this.#streams.has(id) && this.#wire.send({ t: "tune", id, value })),
    };
  }

  onClose(listener: () => void): void {
    this.#wire.onClose(listener);
  }

  close(): void {
    this.#wire.close();
  }

  #call<T>(
    parse: (value: unknown) => { success: true; data: T } | { success: false },
    build: (id: number) => ClientMessage,
  ): Promise<Result<T>> {
    if (this.#closed) return Promise.resolve({ ok: false, error: DISCONNECTED });
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#calls.set(id, {
        settle: (answer) => {
          if ("error" in answer) return resolve({ ok: false, error: answer.error });
          const parsed = parse(answer.value);
          resolve(
            parsed.success ? ok(parsed.data) : fail("internal", "The app sent an answer this version cannot read."),
          );
        },
      });
      this.#wire.send(build(id));
    });
  }

  #receive(raw: unknown, bytes: Uint8Array | undefined): void {
    const parsed = serverMessageSchema.safeParse(raw);
    if (!parsed.success) {
      this.#wire.close();
      return;
    }
    this.#dispatch(parsed.data, bytes);
  }

  #dispatch(message: ServerMessage, bytes: Uint8Array | undefined): void {
    switch (message.t) {
      case "hello":
        return this.#greeted(message);
      case "ok":
        return this.#take(message.id)?.settle({ value: message.value });
      case "error": {
        const error = toRejection(message.error);
        const call = this.#take(message.id);
        return call === undefined ? this.#streams.get(message.id)?.end(error) : call.settle({ error });
      }
      case "item":
        return this.#streams.get(message.id)?.item(message.value, bytes);
      case "end":
        return this.#streams.get(message.id)?.end(message.error === undefined ? undefined : toRejection(message.error));
    }
  }

  #greeted(hello: Extract<ServerMessage, { t: "hello" }>): void {
    if (hello.protocol !== RPC_PROTOCOL) {
      const which = hello.protocol > RPC_PROTOCOL ? "newer" : "older";
      this.#greet(
        fail(
          "unsupported",
          `The running app is ${which} than this client (version ${hello.version}). Restart the app, then try again.`,
        ),
      );
      this.#wire.close();
      return;
    }
    this.#greet(ok({ version: hello.version, generation: hello.generation }));
    this.#options.onGeneration?.(hello.generation);
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }

  #disconnected(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#greet({ ok: false, error: DISCONNECTED });
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.settle({ error: DISCONNECTED });
    for (const stream of this.#streams.values()) stream.end(DISCONNECTED);
  }
}

/** Acknowledges in steps, so that a flood of small items does not become a flood of acknowledgements. */
function batchedAcks(isBytes: boolean, ack: (amount: number) => void): (bytes: Uint8Array | undefined) => void {
  const step = isBytes ? ACK_BYTES : ACK_ITEMS;
  let unacked = 0;
  return (bytes) => {
    unacked += isBytes ? (bytes?.length ?? 0) : 1;
    if (unacked < step) return;
    ack(unacked);
    unacked = 0;
  };
}
