/**
 * One client: frames in, replies and output out. Garbage, a wrong token or a wrong version ends this connection and
 * touches nothing else. Nothing is answered before a valid hello.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import { fail, ok, type Rejection, type Result } from "#shared/model/result.ts";
import {
  encodeKeeperFrame,
  encodeKeeperFrameHead,
  KeeperFrameReader,
  type KeeperFrame,
} from "#shared/rpc/keeperFrames.ts";
import {
  KEEPER_PROTOCOL,
  keeperRequestSchema,
  OLDEST_KEEPER_PROTOCOL,
  type KeeperMessage,
  type KeeperRequest,
} from "#shared/rpc/keeperProtocol.ts";
import { OutputStream } from "./outputStream.ts";
import { INPUT_QUEUE_BYTES, type Session } from "./session.ts";
import type { SessionTable } from "./sessionTable.ts";

export interface ConnectionDeps {
  readonly table: SessionTable;
  readonly token: string;
  readonly version: string;
  readonly dataDir: string;
  readonly isDraining: () => boolean;
  readonly drain: () => void;
  /** An app that starts keepers of exactly this version is back: this one takes new sessions again. */
  readonly undrain: () => void;
  /** The client said a valid hello. */
  readonly onRole: (role: "core" | "cli") => void;
  readonly onClosed: (role: "core" | "cli" | undefined) => void;
  readonly log: (message: string) => void;
}

/** A client that says nothing is not a client. */
const HELLO_WITHIN_MS = 5000;
/**
 * Beyond this the streams of the connection continue from their files. Everything before a session's bytes on the wire
 * is waiting time for them: this much is a millisecond or two.
 */
const SOCKET_BUFFER_BYTES = 128 * 1024;

type Hello = Extract<KeeperRequest, { op: "hello" }>;
type Command = Exclude<KeeperRequest, { op: "hello" }>;
type SessionCommand = Extract<Command, { sessionId: string }>;

export class Connection {
  readonly #socket: Socket;
  readonly #deps: ConnectionDeps;
  readonly #reader = new KeeperFrameReader();
  readonly #streams = new Map<string, OutputStream>();
  readonly #helloTimer: NodeJS.Timeout;
  #role: "core" | "cli" | undefined;
  #isOver = false;
  #turns: Promise<void> = Promise.resolve();
  #roomWaiter: (() => void) | undefined;

  constructor(socket: Socket, deps: ConnectionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#helloTimer = setTimeout(() => this.#end(0, fail("timeout", "No hello came.").error), HELLO_WITHIN_MS);
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("drain", () => this.#resumeStreams());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#closed());
  }

  close(): void {
    this.#socket.end();
  }

  #received(chunk: Uint8Array): void {
    if (this.#isOver) return;
    try {
      for (const frame of this.#reader.push(chunk)) if (!this.#isOver) this.#handleFrame(frame);
    } catch (error) {
      this.#end(0, fail("bad_request", `Not a frame of this protocol: ${String(error)}`).error);
    }
  }

  #handleFrame(frame: KeeperFrame): void {
    const parsed = keeperRequestSchema.safeParse(frame.header);
    if (!parsed.success) {
      this.#end(idOf(frame.header), fail("bad_request", "Not a request of this protocol.").error);
      return;
    }
    const request = parsed.data;
    if (this.#role === undefined) {
      if (request.op === "hello") this.#greet(request);
      else this.#end(request.id, fail("unauthorized", "Say hello first.").error);
    } else if (request.op !== "hello") {
      this.#answer(request.id, () => this.#run(request, frame.bytes));
    }
  }

  #greet(hello: Hello): void {
    if (!isSameSecret(hello.token, this.#deps.token)) {
      this.#end(hello.id, fail("unauthorized", "The token is not the one of this data directory.").error);
      return;
    }
    const protocol = agreedProtocol(hello);
    if (protocol === undefined) {
      const range = `${OLDEST_KEEPER_PROTOCOL} to ${KEEPER_PROTOCOL}`;
      const message = `This keeper speaks protocol ${range}, the client ${hello.protocol}.`;
      this.#end(hello.id, fail("unsupported", message).error);
      return;
    }
    clearTimeout(this.#helloTimer);
    this.#role = hello.role;
    const { version, dataDir } = this.#deps;
    if (hello.role === "core" && hello.version === version) this.#deps.undrain();
    this.#send({ op: "hello", id: hello.id, protocol, version, pid: process.pid, dataDir });
    this.#deps.onRole(hello.role);
  }

  #answer(id: number, run: () => Promise<Result<unknown>> | Result<unknown> | undefined): void {
    const reply = (result: Result<unknown>): void => {
      if (result.ok) this.#send({ op: "ok", id, ...(result.value === undefined ? {} : { value: result.value }) });
      else this.#send({ op: "error", id, code: result.error.code, message: result.error.message });
    };
    const result = run();
    if (result instanceof Promise) {
      result.then(reply, (error: unknown) => {
        this.#deps.log(`request ${id} failed: ${error instanceof Error ? error.stack : String(error)}`);
        reply(fail("internal", "The keeper failed at this; its log has the details."));
      });
    } else if (result !== undefined) reply(result);
  }

  #run(request: Command, bytes: Uint8Array): Promise<Result<unknown>> | Result<unknown> | undefined {
    const { table } = this.#deps;
    switch (request.op) {
      case "ping":
        return ok(undefined);
      case "list":
        return ok(table.list());
      case "killAll":
        return table.killAll().then(ok);
      case "drain":
        this.#deps.drain();
        return ok(undefined);
      case "spawn":
        if (this.#deps.isDraining()) return fail("unsupported", "This keeper takes no new sessions.");
        return table.spawn(request.request);
      case "stop": {
        const { sessionId } = request.request;
        const session = table.get(sessionId);
        if (session !== undefined) return table.stop(session, request.request);
        return table.stopForgotten(sessionId).then((answer) => answer ?? unknownSession());
      }
      default: {
        const session = table.get(request.sessionId);
        if (session !== undefined) return this.#runOn(session, request, bytes);
        return request.op === "ack" || request.op === "detach" ? undefined : unknownSession();
      }
    }
  }

  #runOn(
    session: Session,
    request: SessionCommand,
    bytes: Uint8Array,
  ): Promise<Result<unknown>> | Result<unknown> | undefined {
    switch (request.op) {
      case "write":
        return write(session, bytes);
      case "resize":
        session.resize(request.cols, request.rows);
        return ok(undefined);
      case "signal":
        return this.#deps.table.signal(session, request.signal, request.target);
      case "attach":
        return this.#attach(session, request.from);
      case "detach":
        this.#detach(session.id);
        return undefined;
      case "ack":
        this.#streams.get(session.id)?.acknowledge(request.bytes);
        return undefined;
      case "forget":
        this.#detach(session.id);
        return this.#deps.table.forget(session);
    }
  }

  #attach(session: Session, from: number): Result<unknown> {
    if (from > session.outputBytes) {
      return fail("bad_request", `Offset ${from} is beyond the ${session.outputBytes} bytes of the log.`);
    }
    this.#detach(session.id);
    const stream = new OutputStream(session, from, {
      data: (offset, bytes) => this.#send({ op: "data", sessionId: session.id, offset }, bytes),
      inTurn: (work) => this.#inTurn(work),
      exit: (exit, outputBytes) => this.#send({ op: "exit", sessionId: session.id, exit, outputBytes }),
      failed: (reason) => this.#end(0, fail("store_unavailable", `The log cannot be read: ${reason}`).error),
    });
    this.#streams.set(session.id, stream);
    return ok(undefined);
  }

  #detach(sessionId: string): void {
    this.#streams.get(sessionId)?.close();
    this.#streams.delete(sessionId);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(() => this.#untilRoom()).then(work);
    this.#turns = turn.catch(() => undefined);
    return turn;
  }

  /** One turn waits at a time. */
  #untilRoom(): Promise<void> | undefined {
    if (this.#socket.destroyed || this.#socket.writableLength < SOCKET_BUFFER_BYTES) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#roomWaiter = resolve;
    return promise;
  }

  #resumeStreams(): void {
    this.#roomWaiter?.();
    for (const stream of this.#streams.values()) stream.resume();
  }

  /** The bytes must not change afterwards. False when the socket's buffer is full. */
  #send(message: KeeperMessage, bytes?: Uint8Array): boolean {
    if (this.#isOver || this.#socket.destroyed) return false;
    if (bytes === undefined) {
      this.#socket.write(encodeKeeperFrame(message));
    } else {
      this.#socket.cork();
      this.#socket.write(encodeKeeperFrameHead(message, bytes.byteLength));
      this.#socket.write(bytes);
      this.#socket.uncork();
    }
    return this.#socket.writableLength < SOCKET_BUFFER_BYTES;
  }

  #end(id: number, { code, message }: Rejection): void {
    if (this.#isOver) return;
    this.#send({ op: "error", id, code, message });
    this.#isOver = true;
    // What it still sends is not read; a client that does not close its end is cut off.
    this.#socket.end(() => this.#socket.destroy());
  }

  #closed(): void {
    clearTimeout(this.#helloTimer);
    this.#isOver = true;
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    this.#roomWaiter?.();
    this.#deps.onClosed(this.#role);
  }
}

function write(session: Session, bytes: Uint8Array): Result<void> {
  if (session.exit !== undefined) return fail("not_running", "The session has ended.");
  if (session.write(bytes)) return ok(undefined);
  return fail("throttled", `The program has not read ${INPUT_QUEUE_BYTES} bytes of input yet; try again when it has.`);
}

/** The CLI's few requests never change, so it is let in with any protocol. */
function agreedProtocol({ protocol, role }: Hello): number | undefined {
  const agreed = Math.min(protocol, KEEPER_PROTOCOL);
  if (role === "cli") return agreed;
  return protocol >= OLDEST_KEEPER_PROTOCOL && protocol <= KEEPER_PROTOCOL ? agreed : undefined;
}

function unknownSession(): Result<never> {
  return fail("not_found", "The keeper has no such session.");
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function idOf(header: unknown): number {
  if (typeof header !== "object" || header === null || !("id" in header)) return 0;
  return typeof header.id === "number" ? header.id : 0;
}
