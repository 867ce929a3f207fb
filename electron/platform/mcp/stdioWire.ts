/**
 * The SDK's transport over one child process's pipes, with everything a server may do wrong bounded: what is no protocol
 * is counted and dropped, a message that is too large fails the call it answers, a flood ends the server. Once `ended`
 * resolves, no process of it is left. Named `stderr` and `pid` for the SDK, which tells pipes from HTTP by them.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { deserializeMessage, serializeMessage } from "@modelcontextprotocol/client";
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import type { McpEnd } from "#core/ports/mcpClient.ts";
import {
  identifyProcess,
  killSessions,
  sendSignal,
  SESSION_VARIABLE,
  type KillOutcome,
  type SessionProcesses,
} from "#platform/processTree.ts";
import { answeredId } from "./answeredId.ts";
import { BoundedLines } from "./boundedLines.ts";

/** The protocol has no bound; a person's context has. Agents are given at most this much of one answer. */
export const MOST_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Banners and debug prints happen; a server that prints more than this speaks no protocol. */
const MOST_GARBAGE_LINES = 200;
/** Messages nobody asked for, within one second. */
const MOST_UNASKED_PER_S = 1_000;
const STDERR_TAIL = 2_000;
/** A server that was told to end by its closed input has this long before SIGTERM. */
const POLITE_MS = 1_000;
const LAST_WORDS_MS = 200;
const TOO_LARGE_CODE = -32_010;

export interface StdioWireOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly mark: string;
  readonly onTrouble: (sentence: string) => void;
}

export class StdioWire implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly ended: Promise<McpEnd>;
  readonly #options: StdioWireOptions;
  #processes: SessionProcesses;
  readonly #resolveEnded: (end: McpEnd) => void;
  readonly #lines: BoundedLines;
  #child: ChildProcess | undefined;
  #isEnding = false;
  #isStopping = false;
  #misbehaviour: string | undefined;
  #stderrTail = "";
  #garbage = 0;
  #unasked = 0;
  #unaskedSince = 0;
  #killing: Promise<KillOutcome> | undefined;

  constructor(options: StdioWireOptions) {
    this.#options = options;
    this.#processes = { sessionId: options.mark, seen: new Map() };
    const { promise, resolve } = Promise.withResolvers<McpEnd>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#lines = new BoundedLines(
      { line: (bytes) => this.#read(bytes), tooLong: (head, tail) => this.#dropLarge(head, tail) },
      MOST_MESSAGE_BYTES,
    );
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get stderr(): null {
    return null;
  }

  /** Its process is gone; what it started may still be ending. */
  get hasEnded(): boolean {
    return this.#isEnding;
  }

  /** Rejects when the program cannot be started. */
  start(): Promise<void> {
    const { file, args, cwd, env, mark } = this.#options;
    // npm's launchers on Windows are .cmd files, which only the shell runs.
    const viaShell = process.platform === "win32" && /\.(cmd|bat)$/i.test(file);
    const child = spawn(viaShell ? `"${file}"` : file, [...args], {
      cwd,
      env: { ...env, [SESSION_VARIABLE]: mark },
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: a Ctrl+C in the terminal of the app is not meant for it, and SIGTERM reaches all of it.
      detached: process.platform !== "win32",
      shell: viaShell,
      windowsHide: true,
    });
    this.#child = child;
    child.stdout.on("data", (chunk: Buffer) => this.#lines.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      this.#stderrTail = (this.#stderrTail + chunk.toString("utf8")).slice(-STDERR_TAIL);
    });
    for (const stream of [child.stdin, child.stdout, child.stderr])
      stream.on("error", (error) => this.onerror?.(error));
    child.once("exit", (code, signal) => void this.#exited(code, signal));
    return new Promise((resolve, reject) => {
      child.once("error", (error) => {
        this.#resolveEnded({ type: "lost", detail: error.message, isClean: false });
        reject(error);
      });
      child.once("spawn", () => void this.#remember(child.pid).then(resolve));
    });
  }

  async #remember(pid: number | undefined): Promise<void> {
    const root = pid === undefined ? undefined : await identifyProcess(pid);
    if (typeof root === "object") this.#processes = { ...this.#processes, root };
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || stdin === null || this.#isEnding) return Promise.reject(new Error("Not connected"));
    return new Promise((resolve, reject) => {
      stdin.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The polite end; the SDK calls it, too. Idempotent. */
  async close(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#child?.stdin?.end();
    const pid = this.#child?.pid;
    const timer = setTimeout(() => {
      if (pid !== undefined && !this.#isEnding) sendSignal(process.platform === "win32" ? pid : -pid, "SIGTERM");
    }, POLITE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  /** Resolves with how many processes this and earlier kills ended. */
  async kill(): Promise<number> {
    this.#isStopping = true;
    return (await this.#killTree()).killed;
  }

  #killTree(): Promise<KillOutcome> {
    this.#killing ??= killSessions([this.#processes]);
    return this.#killing;
  }

  #read(bytes: Buffer): void {
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(bytes.toString("utf8"));
    } catch {
      return this.#countGarbage(bytes);
    }
    if (!("result" in message) && !("error" in message) && this.#isFlood()) return;
    this.onmessage?.(message);
  }

  #countGarbage(bytes: Buffer): void {
    this.#garbage += 1;
    if (this.#garbage === 1)
      this.#options.onTrouble(
        `It prints what is no message of the protocol: ${quoted(bytes)}. Such lines are dropped.`,
      );
    if (this.#garbage > MOST_GARBAGE_LINES)
      this.#misbehaves(`It printed more than ${MOST_GARBAGE_LINES} lines that are no messages of the protocol.`);
  }

  #isFlood(): boolean {
    const now = performance.now();
    if (now - this.#unaskedSince > 1_000) {
      this.#unaskedSince = now;
      this.#unasked = 0;
    }
    this.#unasked += 1;
    if (this.#unasked <= MOST_UNASKED_PER_S) return false;
    this.#misbehaves(`It sent more than ${MOST_UNASKED_PER_S} messages within a second that nobody had asked for.`);
    return true;
  }

  #dropLarge(head: Buffer, tail: Buffer): void {
    const bound = `${MOST_MESSAGE_BYTES / (1024 * 1024)} MB`;
    const id = answeredId(head, tail);
    if (id === undefined) return this.#misbehaves(`It sent a message of more than ${bound} that answers no call.`);
    this.#options.onTrouble(`An answer was larger than ${bound} and was dropped.`);
    this.onmessage?.({
      jsonrpc: "2.0",
      id,
      error: { code: TOO_LARGE_CODE, message: `The answer is larger than ${bound}.` },
    });
  }

  #misbehaves(sentence: string): void {
    if (this.#misbehaviour !== undefined) return;
    this.#misbehaviour = sentence;
    this.#child?.stdout?.pause();
    void this.#killTree();
  }

  async #exited(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    // As it was when it ended: who hears of the end closes what is closed already.
    const wasStopping = this.#isStopping;
    await this.#readToTheEnd();
    // Now, not when the tree is gone: who waits for an answer has waited long enough.
    this.onclose?.();
    await this.#killTree();
    // What it started and what kept its pipes open is gone; a first kill may have come before its children were there.
    await killSessions([this.#processes]);
    this.#resolveEnded(this.#describeEnd(wasStopping, code, signal));
  }

  /** An answer may have been its last word. What it started may hold the pipe open, so this is not waited for long. */
  #readToTheEnd(): Promise<void> {
    const stdout = this.#child?.stdout;
    if (stdout === undefined || stdout === null || stdout.closed || this.#misbehaviour !== undefined)
      return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LAST_WORDS_MS);
      stdout.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #describeEnd(wasStopping: boolean, code: number | null, signal: NodeJS.Signals | null): McpEnd {
    if (this.#misbehaviour !== undefined) return { type: "misbehaved", detail: this.#misbehaviour, isClean: false };
    const how = signal === null ? `with exit code ${code ?? 0}` : `by ${signal}`;
    if (wasStopping) return { type: "stopped", detail: `It ended ${how}.`, isClean: true };
    const last = this.#stderrTail.trim().split("\n").slice(-3).join(" ").trim();
    const said = last === "" ? "" : ` It last said: ${last.slice(-500)}`;
    return { type: "exited", detail: `It ended ${how}.${said}`, isClean: code === 0 };
  }
}

export function isTooLarge(code: unknown): boolean {
  return code === TOO_LARGE_CODE;
}

/** What a program printed must not steer what shows it. */
function quoted(bytes: Buffer): string {
  return JSON.stringify(
    bytes
      .toString("utf8")
      .slice(0, 80)
      .replaceAll(/\p{Cc}/gu, ""),
  );
}
