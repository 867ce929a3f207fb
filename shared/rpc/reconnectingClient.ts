/**
 * A client that outlives its connections. Open streams are opened again (state streams start with a fresh snapshot,
 * `logs` and `recording` go on at the next byte); a command cut off on its way is said again under the same commandId;
 * a query is not repeated, its caller learns `disconnected`. Time is injected.
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
import type { Rejection, Result } from "../model/result.ts";
import { createRpcClient, DISCONNECTED } from "./client.ts";
import type {
  CommandOptions,
  ConnectedClient,
  RpcClient,
  RpcClientOptions,
  StreamConsumer,
  StreamControl,
} from "./client.ts";
import type { ClientWire } from "./protocol.ts";

export interface ConnectionState {
  readonly status: "connected" | "connecting" | "disconnected";
  /** Wall-clock milliseconds. */
  readonly since: number;
  /** Wall-clock milliseconds; only while disconnected. */
  readonly nextAttemptAt?: number;
  /** Failed attempts since the last connection; 0 while connected. */
  readonly attempt: number;
  /** Why the last attempt failed, one sentence. */
  readonly reason?: string;
}
/** The part of a clock this needs: `Clock` of the core fits, and so do the window's timers. */
export interface ReconnectTimers {
  wallNow(): number;
  after(delayMs: number, task: () => void): () => void;
}
export interface ReconnectOptions extends RpcClientOptions {
  readonly timers: ReconnectTimers;
  /** Default: 250 ms, doubling to 10 s. */
  readonly backoff?: { readonly initialMs: number; readonly maxMs: number; readonly factor: number };
}
export interface ReconnectingClient extends RpcClient {
  readonly state: ConnectionState;
  /** Calls back on every change; the returned function ends that. */
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Tries at once instead of waiting for the next attempt. */
  reconnectNow(): void;
  /** Ends everything for good. */
  close(): void;
}

const DEFAULT_BACKOFF = { initialMs: 250, maxMs: 10_000, factor: 2 };
/** Sending a command and its repetitions. */
const MAX_COMMAND_TRIES = 3;
/** How long a cut-off command waits for the next connection before its caller is told. */
const COMMAND_PATIENCE_MS = 20_000;
/** A viewer that was cut off as too slow opens again after this pause. */
const REOPEN_MS = 500;

export function createReconnectingClient(
  connect: () => Promise<ClientWire>,
  options: ReconnectOptions,
): ReconnectingClient {
  const client = new Reconnecting(connect, options);
  client.reconnectNow();
  return client;
}

interface KeptStream {
  openOn(client: ConnectedClient): void;
  /** With an error: the whole client was closed. */
  end(error: Rejection): void;
}

class Reconnecting implements ReconnectingClient {
  readonly #connect: () => Promise<ClientWire>;
  readonly #options: ReconnectOptions;
  readonly #streams = new Set<KeptStream>();
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();
  #state: ConnectionState;
  #current: ConnectedClient | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(connect: () => Promise<ClientWire>, options: ReconnectOptions) {
    this.#connect = connect;
    this.#options = options;
    this.#state = { status: "disconnected", since: options.timers.wallNow(), attempt: 0 };
  }

  get state(): ConnectionState {
    return this.#state;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  async query<K extends QueryName>(name: K, input: QueryInput<K>): Promise<Result<QueryOutput<K>>> {
    const client = await this.#settled();
    return client === undefined ? { ok: false, error: DISCONNECTED } : client.query(name, input);
  }

  async command<K extends CommandName>(
    name: K,
    input: CommandInput<K>,
    options: CommandOptions = {},
  ): Promise<Result<CommandOutput<K>>> {
    const commandId = options.commandId ?? this.#options.newId();
    let client = await this.#settled();
    for (let tries = 0; client !== undefined && tries < MAX_COMMAND_TRIES; tries++) {
      const result = await client.command(name, input, { commandId });
      if (result.ok || result.error !== DISCONNECTED) return result;
      client = await this.#nextConnection();
    }
    return { ok: false, error: DISCONNECTED };
  }

  open<K extends StreamName>(name: K, input: StreamInput<K>, consumer: StreamConsumer<StreamItem<K>>): StreamControl {
    const stream = new Kept(name, input, {
      consumer,
      forget: () => this.#streams.delete(stream),
      reopenLater: () =>
        this.#options.timers.after(
          REOPEN_MS,
          () => this.#current !== undefined && this.#streams.has(stream) && stream.openOn(this.#current),
        ),
    });
    this.#streams.add(stream);
    if (this.#current !== undefined) stream.openOn(this.#current);
    return stream;
  }

  reconnectNow(): void {
    if (this.#closed || this.#state.status !== "disconnected") return;
    this.#cancelTimer?.();
    this.#setState({ status: "connecting", attempt: this.#state.attempt });
    void this.#attempt();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#current?.close();
    this.#current = undefined;
    for (const stream of this.#streams) stream.end(DISCONNECTED);
    this.#streams.clear();
    this.#setState({ status: "disconnected", attempt: 0 });
  }

  async #attempt(): Promise<void> {
    try {
      const client = createRpcClient(await this.#connect(), this.#options);
      const greeting = await client.ready;
      if (this.#closed) return client.close();
      if (!greeting.ok) return this.#failed(greeting.error.message);
      this.#connected(client);
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  #connected(client: ConnectedClient): void {
    this.#current = client;
    this.#setState({ status: "connected", attempt: 0 });
    client.onClose(() => {
      if (this.#current !== client) return;
      this.#current = undefined;
      this.#failed("The connection was lost.");
    });
    for (const stream of this.#streams) stream.openOn(client);
  }

  #failed(reason: string): void {
    if (this.#closed) return;
    const { timers, backoff = DEFAULT_BACKOFF } = this.#options;
    const attempt = this.#state.status === "connected" ? 0 : this.#state.attempt + 1;
    const delayMs = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** attempt);
    this.#cancelTimer = timers.after(delayMs, () => this.reconnectNow());
    this.#setState({ status: "disconnected", attempt, reason, nextAttemptAt: timers.wallNow() + delayMs });
  }

  #setState(state: Omit<ConnectionState, "since">): void {
    this.#state = { ...state, since: this.#options.timers.wallNow() };
    for (const listener of this.#stateListeners) listener(this.#state);
  }

  /** The current connection, or the one being made now; undefined when there is none to wait for. */
  #settled(): Promise<ConnectedClient | undefined> {
    if (this.#state.status !== "connecting") return Promise.resolve(this.#current);
    return new Promise((resolve) => {
      const end = this.onState((state) => {
        if (state.status === "connecting") return;
        end();
        resolve(this.#current);
      });
    });
  }

  #nextConnection(): Promise<ConnectedClient | undefined> {
    if (this.#current !== undefined || this.#closed) return Promise.resolve(this.#current);
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        end();
        resolve(this.#current);
      };
      const cancel = this.#options.timers.after(COMMAND_PATIENCE_MS, finish);
      const end = this.onState((state) => (state.status === "connected" || this.#closed) && finish());
    });
  }
}

interface KeptStreamDeps<Item> {
  readonly consumer: StreamConsumer<Item>;
  readonly forget: () => void;
  readonly reopenLater: () => void;
}

/** One stream over all its connections; remembers where it is and how it was tuned. */
class Kept<K extends StreamName> implements KeptStream, StreamControl {
  readonly #name: K;
  readonly #input: StreamInput<K>;
  readonly #deps: KeptStreamDeps<StreamItem<K>>;
  #control: StreamControl | undefined;
  #tuned: { value: unknown } | undefined;
  #nextOffset: number | undefined;
  #over = false;

  constructor(name: K, input: StreamInput<K>, deps: KeptStreamDeps<StreamItem<K>>) {
    this.#name = name;
    this.#input = input;
    this.#deps = deps;
  }

  openOn(client: ConnectedClient): void {
    const { consumer } = this.#deps;
    const input = this.#nextOffset === undefined ? this.#input : { ...this.#input, from: this.#nextOffset };
    this.#control = client.open(this.#name, input, {
      autoAck: consumer.autoAck ?? true,
      onItem: (item, bytes) => {
        if (this.#over) return;
        this.#remember(item, bytes);
        consumer.onItem(item, bytes);
      },
      onEnd: (error) => this.#ended(error),
    });
    if (this.#tuned !== undefined) this.#control.tune(this.#tuned.value);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deps.forget();
    this.#control?.close();
  }

  ack(amount: number): void {
    this.#control?.ack(amount);
  }

  tune(value: unknown): void {
    this.#tuned = { value };
    this.#control?.tune(value);
  }

  end(error: Rejection): void {
    if (this.#over) return;
    this.close();
    this.#deps.consumer.onEnd?.(error);
  }

  #ended(error?: Rejection): void {
    this.#control = undefined;
    if (this.#over || error === DISCONNECTED) return;
    if (error?.code === "throttled") {
      this.#deps.reopenLater();
      return;
    }
    this.#over = true;
    this.#deps.forget();
    this.#deps.consumer.onEnd?.(error);
  }

  #remember(item: StreamItem<K>, bytes: Uint8Array | undefined): void {
    if (this.#name !== "logs" && this.#name !== "recording") return;
    if ("offset" in item && typeof item.offset === "number") this.#nextOffset = item.offset + (bytes?.length ?? 0);
  }
}
