/**
 * A pty over node-pty's native binding that loses nothing. The public API drops up to 18 % of what a child prints
 * last: when the last slave descriptor closes, libuv takes a short read plus hang-up for the end. So this host keeps
 * a slave descriptor of its own open (no hang-up), and after the exit reads the master itself until it is dry.
 */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { ReadStream } from "node:tty";
import type { LoadedPtyBinding, PtyBinding } from "./nodePtyBinding.ts";
import type { PtyExit, PtyListener, PtyProcess, PtyRequest } from "./nodePtyProcess.ts";
import { spawnWindowsPty } from "./nodePtyWindows.ts";

export { findPtyBindingDir, loadPtyBinding, type LoadedPtyBinding } from "./nodePtyBinding.ts";

export type { PtyExit, PtyListener, PtyProcess, PtyRequest } from "./nodePtyProcess.ts";

/** A pty read returns 4 KiB at most; this many a turn keeps one flood from starving fifty other sessions. */
const READS_PER_TURN = 64;
const WRITE_BYTES_PER_TURN = 256 * 1024;
/** Something the child left behind holds the terminal: the exit is told after this much silence … */
const QUIET_AFTER_EXIT_MS = 50;
/** … or this long after the exit, however much it prints. */
const EXIT_WAITS_AT_MOST_MS = 500;
/** The kernel offers no readiness for a master that node can wait for; a full terminal is asked again, ever slower. */
const WRITE_RETRY_MS = { first: 1, max: 32 };

/** One for the process: every read is copied out before the next one begins. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);
const signalNames = new Map<number, string>(
  Object.entries(osConstants.signals).map(([name, number]) => [number, name]),
);

/** Starts a child in a new pty (and a new session). Throws when the system has no pty or process left. */
export function spawnPty(loaded: LoadedPtyBinding, request: PtyRequest, listener: PtyListener): PtyProcess {
  if (loaded.kind === "windows") return spawnWindowsPty(loaded.module, request, listener);
  return new UnixPty(loaded, request, listener);
}

type UnixBinding = Extract<LoadedPtyBinding, { kind: "unix" }>;

class UnixPty implements PtyProcess {
  readonly pid: number;
  readonly #binding: PtyBinding;
  readonly #listener: PtyListener;
  readonly #master: number;
  readonly #slaveName: string;
  #slave: number | undefined;
  #stream: ReadStream | undefined;
  #isPaused = false;
  #exit: PtyExit | undefined;
  #isExitTold = false;
  #isFinishing = false;
  #drainTask: NodeJS.Immediate | undefined;
  #quietTimer: NodeJS.Timeout | undefined;
  #exitDeadline = 0;
  #input: Uint8Array[] = [];
  #inputBytes = 0;
  #writeTimer: NodeJS.Timeout | undefined;
  #writeRetryMs = WRITE_RETRY_MS.first;

  constructor(loaded: UnixBinding, request: PtyRequest, listener: PtyListener) {
    this.#binding = loaded.binding;
    this.#listener = listener;
    const { file, args, cwd, cols, rows } = request;
    const env = Object.entries(request.env).map(([name, value]) => `${name}=${value}`);
    const onExit = (code: number, signal: number) => this.#onExit(code, signal);
    const helper = `${loaded.dir}/spawn-helper`;
    const child = loaded.binding.fork(file, [...args], env, cwd, cols, rows, -1, -1, true, helper, onExit);
    this.pid = child.pid;
    this.#master = child.fd;
    this.#slaveName = child.pty;
    try {
      this.#slave = this.#openSlave();
      this.#stream = this.#startReading();
    } catch (error) {
      // Out of descriptors: without the drain the session would not be exact, so it does not run at all.
      process.kill(child.pid, "SIGKILL");
      this.#closeSlave();
      closeSync(child.fd);
      throw error;
    }
  }

  get queuedInput(): number {
    return this.#inputBytes;
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength === 0 || this.#stream === undefined) return;
    this.#input.push(bytes);
    this.#inputBytes += bytes.byteLength;
    if (this.#writeTimer === undefined && this.#input.length === 1) this.#pumpInput();
  }

  resize(cols: number, rows: number): void {
    if (this.#stream !== undefined) this.#binding.resize(this.#master, cols, rows, 0, 0);
  }

  setPaused(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#stream?.pause();
    else if (this.#isDraining()) this.#scheduleDrain();
    else this.#stream?.resume();
  }

  finish(): void {
    if (this.#stream === undefined || this.#exit === undefined) return;
    this.#isFinishing = true;
    this.#scheduleDrain();
  }

  dispose(): void {
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#writeTimer);
    clearImmediate(this.#drainTask);
    this.#drainTask = undefined;
    this.#input = [];
    this.#inputBytes = 0;
    this.#closeSlave();
    this.#stream?.destroy();
    this.#stream = undefined;
  }

  #startReading(): ReadStream {
    const callback = (length: number): boolean => {
      this.#deliver(length);
      return true;
    };
    const stream = new ReadStream(this.#master, { onread: { buffer: readBuffer, callback } });
    // Reached only if someone else revokes the terminal; the exit path does not depend on it.
    stream.on("error", () => undefined);
    stream.resume();
    return stream;
  }

  #deliver(length: number): void {
    this.#listener.data(readBuffer.subarray(0, length));
    if (this.#quietTimer !== undefined) this.#armQuietTimer();
  }

  #onExit(code: number, signal: number): void {
    this.#exit =
      signal > 0 ? { code: null, signal: signalNames.get(signal) ?? `SIG${signal}` } : { code, signal: null };
    this.#exitDeadline = performance.now() + EXIT_WAITS_AT_MOST_MS;
    this.#drain();
  }

  #isDraining(): boolean {
    return this.#exit !== undefined && (this.#isFinishing || !this.#isExitTold) && this.#quietTimer === undefined;
  }

  #scheduleDrain(): void {
    this.#drainTask ??= setImmediate(() => {
      this.#drainTask = undefined;
      this.#drain();
    });
  }

  /** After the exit: read until dry, let go of our slave, read until the end; a bounded number of bytes a turn. */
  #drain(): void {
    if (this.#stream === undefined || this.#isPaused) return;
    this.#stream.pause();
    let outcome = this.#readUntilDry();
    if (outcome === "dry") {
      this.#closeSlave();
      outcome = this.#readUntilDry();
    }
    if (outcome === "more") {
      this.#scheduleDrain();
    } else if (outcome === "ended" || this.#isFinishing) {
      this.#tellExit();
      this.dispose();
    } else if (outcome === "dry") {
      this.#keepReading();
    }
  }

  /** Something left behind holds the terminal. Reading goes on, with a slave of ours against the hang-up again. */
  #keepReading(): void {
    try {
      this.#slave = this.#openSlave();
    } catch {
      // Out of descriptors; the exit has priority over what a leftover may still print.
      this.#tellExit();
      this.dispose();
      return;
    }
    this.#stream?.resume();
    if (!this.#isExitTold) this.#armQuietTimer();
  }

  #armQuietTimer(): void {
    clearTimeout(this.#quietTimer);
    const remaining = this.#exitDeadline - performance.now();
    this.#quietTimer = setTimeout(
      () => {
        this.#quietTimer = undefined;
        this.#tellExit();
      },
      Math.max(0, Math.min(QUIET_AFTER_EXIT_MS, remaining)),
    );
  }

  #tellExit(): void {
    if (this.#isExitTold || this.#exit === undefined) return;
    this.#isExitTold = true;
    clearTimeout(this.#quietTimer);
    this.#quietTimer = undefined;
    this.#listener.exit(this.#exit);
  }

  #readUntilDry(): "dry" | "ended" | "more" | "paused" {
    for (let reads = 0; reads < READS_PER_TURN; reads += 1) {
      if (this.#isPaused) return "paused";
      try {
        const length = readSync(this.#master, readBuffer, 0, readBuffer.byteLength, null);
        if (length === 0) return "ended";
        this.#listener.data(readBuffer.subarray(0, length));
      } catch (error) {
        // EIO is how a master says that no slave is left.
        return codeOf(error) === "EAGAIN" ? "dry" : "ended";
      }
    }
    return "more";
  }

  #pumpInput(): void {
    this.#writeTimer = undefined;
    let budget = WRITE_BYTES_PER_TURN;
    try {
      for (let next = this.#input[0]; next !== undefined && budget > 0; next = this.#input[0]) {
        const written = writeSync(this.#master, next);
        budget -= written;
        this.#inputBytes -= written;
        if (written === next.byteLength) this.#input.shift();
        else this.#input[0] = next.subarray(written);
        this.#writeRetryMs = WRITE_RETRY_MS.first;
      }
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") {
        this.#input = [];
        this.#inputBytes = 0;
      }
    }
    if (this.#input.length === 0) return;
    this.#writeTimer = setTimeout(() => this.#pumpInput(), this.#writeRetryMs);
    this.#writeRetryMs = Math.min(this.#writeRetryMs * 2, WRITE_RETRY_MS.max);
  }

  #openSlave(): number {
    return openSync(this.#slaveName, constants.O_RDWR | constants.O_NOCTTY);
  }

  #closeSlave(): void {
    if (this.#slave !== undefined) closeSync(this.#slave);
    this.#slave = undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
