/** One connection to one keeper: hello, requests paired with replies, and the messages that come by themselves. */
import { connect, type Socket } from "node:net";
import { ERROR_CODES, fail, ok, type ErrorCode, type Result } from "#shared/model/result.ts";
import { encodeKeeperFrame, KeeperFrameReader, MAX_KEEPER_PAYLOAD } from "#shared/rpc/keeperFrames.ts";
import {
  KEEPER_PROTOCOL,
  keeperMessageSchema,
  OLDEST_KEEPER_PROTOCOL,
  type KeeperExit,
  type KeeperMessage,
  type KeeperRequest,
} from "#shared/rpc/keeperProtocol.ts";
import type { RunningKeeper } from "./keeperLaunch.ts";

export interface KeeperConnectionEvents {
  data(sessionId: string, offset: number, bytes: Uint8Array): void;
  exit(sessionId: string, exit: KeeperExit): void;
  /** Once, after a successful hello; never when we closed it ourselves. */
  closed(): void;
}

/** A keeper answers from memory; this covers a machine that swaps. Stopping has a time of its own. */
const REPLY_WITHIN_MS = 15_000;
/** Window is given back in steps, not with a frame per frame. */
const ACKNOWLEDGE_BYTES = 128 * 1024;

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type KeeperCommand = DistributedOmit<KeeperRequest, "id">;
type Reply = Result<unknown>;

export class KeeperConnection {
  readonly #socket: Socket;
  readonly #events: KeeperConnectionEvents;
  readonly #reader = new KeeperFrameReader();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  readonly #unacknowledged = new Map<string, number>();
  #lastId = 0;
  #isOpen = false;
  #isClosing = false;

  /**
   * Connects and says hello, in the keeper's own protocol where that is an older one. `ownVersion` is the keeper version
   * this app starts. Errors: `keeper_unavailable`, `unauthorized`, `unsupported`.
   */
  static async open(
    keeper: RunningKeeper,
    ownVersion: string,
    events: KeeperConnectionEvents,
  ): Promise<Result<KeeperConnection>> {
    const { protocol } = keeper.endpoint;
    if (protocol < OLDEST_KEEPER_PROTOCOL) return tooOld(keeper);
    const socket = connect(keeper.endpoint.socket);
    const connection = new KeeperConnection(socket, events);
    const spoken = Math.min(protocol, KEEPER_PROTOCOL);
    const hello = { op: "hello", protocol: spoken, role: "core", token: keeper.token, version: ownVersion } as const;
    const reply = await connection.request(hello);
    if (!reply.ok) {
      connection.close();
      return reply.error.code === "unsupported" ? tooNew(keeper) : reply;
    }
    connection.#isOpen = true;
    return ok(connection);
  }

  private constructor(socket: Socket, events: KeeperConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
  }

  /** `timeoutMs` 0 waits as long as the connection lives. */
  request(command: KeeperCommand, timeoutMs = REPLY_WITHIN_MS): Promise<Reply> {
    return this.#exchange(command, new Uint8Array(0), timeoutMs);
  }

  /** All pieces are on their way at once, in order; the first refusal is the answer. */
  async write(sessionId: string, bytes: Uint8Array): Promise<Result<void>> {
    const replies: Promise<Reply>[] = [];
    for (let at = 0; at < bytes.byteLength; at += MAX_KEEPER_PAYLOAD) {
      const piece = bytes.subarray(at, at + MAX_KEEPER_PAYLOAD);
      replies.push(this.#exchange({ op: "write", sessionId }, piece, REPLY_WITHIN_MS));
    }
    const refused = (await Promise.all(replies)).find((reply) => !reply.ok);
    return refused === undefined || refused.ok ? ok(undefined) : refused;
  }

  /** For `detach` and `ack`, which have no reply. */
  tell(command: KeeperCommand): void {
    this.#lastId += 1;
    this.#socket.write(encodeKeeperFrame({ ...command, id: this.#lastId }));
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #exchange(command: KeeperCommand, bytes: Uint8Array, timeoutMs: number): Promise<Reply> {
    if (this.#socket.destroyed) return Promise.resolve(disconnected());
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const timer =
      timeoutMs === 0
        ? undefined
        : setTimeout(() => {
            this.#waiting.delete(id);
            resolve(fail("keeper_unavailable", "The session keeper does not answer."));
          }, timeoutMs);
    this.#waiting.set(id, (reply) => {
      clearTimeout(timer);
      this.#waiting.delete(id);
      resolve(reply);
    });
    try {
      this.#socket.write(encodeKeeperFrame({ ...command, id }, bytes));
    } catch (error) {
      this.#waiting.get(id)?.(fail("too_large", `The request is too large for the keeper: ${String(error)}`));
    }
    return promise;
  }

  #received(chunk: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        this.#handle(keeperMessageSchema.parse(frame.header), frame.bytes);
      }
    } catch {
      // Not our keeper's language: a fresh connection is the only cure.
      this.#socket.destroy();
    }
  }

  #handle(message: KeeperMessage, bytes: Uint8Array): void {
    switch (message.op) {
      case "data":
        this.#events.data(message.sessionId, message.offset, bytes);
        this.#acknowledge(message.sessionId, bytes.byteLength);
        break;
      case "exit":
        this.#events.exit(message.sessionId, message.exit);
        break;
      case "hello":
        this.#waiting.get(message.id)?.(ok(message));
        break;
      case "ok":
        this.#waiting.get(message.id)?.(ok(message.value));
        break;
      case "error":
        this.#waiting.get(message.id)?.(fail(codeOf(message.code), message.message));
        break;
    }
  }

  #acknowledge(sessionId: string, length: number): void {
    const bytes = (this.#unacknowledged.get(sessionId) ?? 0) + length;
    if (bytes < ACKNOWLEDGE_BYTES) {
      this.#unacknowledged.set(sessionId, bytes);
      return;
    }
    this.#unacknowledged.delete(sessionId);
    if (!this.#socket.destroyed) this.tell({ op: "ack", sessionId, bytes });
  }

  #closed(): void {
    for (const settle of this.#waiting.values()) settle(disconnected());
    this.#waiting.clear();
    if (this.#isOpen && !this.#isClosing) this.#events.closed();
  }
}

function tooNew({ endpoint }: RunningKeeper): Result<never> {
  return fail(
    "unsupported",
    `A session keeper of a newer Signalbox (${endpoint.version}, pid ${endpoint.pid}) holds agents here, and this older version does not speak its language. Its agents go on untouched. Start the newer version again, or end them with \`signalbox estop\`.`,
  );
}

function tooOld({ endpoint }: RunningKeeper): Result<never> {
  return fail(
    "unsupported",
    `A session keeper of a much older Signalbox (${endpoint.version}, pid ${endpoint.pid}) holds agents here, and this version no longer speaks its language. Its agents go on untouched. Start the version it came with, or end them with \`signalbox estop\`.`,
  );
}

function disconnected(): Result<never> {
  return fail("keeper_unavailable", "The connection to the session keeper is broken.");
}

function codeOf(code: string): ErrorCode {
  return ERROR_CODES.find((known) => known === code) ?? "internal";
}
