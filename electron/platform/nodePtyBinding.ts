/**
 * Loads node-pty's own native binding. It is a private entry point: node-pty is pinned to one exact version and
 * test/integration/keeper exercises every call made through it.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface PtyBinding {
  /** Throws when forkpty fails; `onExit` is called once, on the event loop, after the child was reaped. */
  fork(...args: ForkArguments): { fd: number; pid: number; pty: string };
  /** Pixels are for programs that draw; 0 where nobody knows. */
  resize(fd: number, cols: number, rows: number, widthPx: number, heightPx: number): void;
}

type ForkArguments = [
  file: string,
  args: readonly string[],
  env: readonly string[],
  cwd: string,
  cols: number,
  rows: number,
  uid: number,
  gid: number,
  utf8: boolean,
  helperPath: string,
  onExit: (code: number, signal: number) => void,
];

/** The part of node-pty's public interface that is used on Windows. */
export interface ConsoleModule {
  spawn(file: string, args: string[], options: ConsoleOptions): ConsoleTerminal;
}

interface ConsoleOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly cols: number;
  readonly rows: number;
}

interface ConsoleTerminal {
  readonly pid: number;
  onData(listener: (text: string) => void): unknown;
  onExit(listener: (exit: { exitCode: number }) => void): unknown;
  write(bytes: Buffer): void;
  resize(cols: number, rows: number): void;
  pause(): void;
  resume(): void;
  kill(): void;
}

export type LoadedPtyBinding =
  /** `dir` holds the binding, and on macOS the spawn-helper beside it. */
  | { readonly kind: "unix"; readonly binding: PtyBinding; readonly dir: string }
  | { readonly kind: "windows"; readonly module: ConsoleModule };

/** Where npm put the binding: built on this machine, or the prebuilt one; on Windows the package itself. Throws. */
export function findPtyBindingDir(): string {
  const root = dirname(createRequire(import.meta.url).resolve("node-pty/package.json"));
  if (process.platform === "win32") return root;
  const candidates = [join(root, "build", "Release"), join(root, "prebuilds", `${process.platform}-${process.arch}`)];
  const found = candidates.find((dir) => existsSync(join(dir, "pty.node")));
  if (found === undefined) throw new Error(`node-pty has no native binding in ${candidates.join(" or ")}.`);
  return found;
}

export function loadPtyBinding(dir: string): LoadedPtyBinding {
  const require = createRequire(import.meta.url);
  const loaded: unknown = require(process.platform === "win32" ? dir : join(dir, "pty.node"));
  if (process.platform === "win32" && isConsoleModule(loaded)) return { kind: "windows", module: loaded };
  if (isPtyBinding(loaded)) return { kind: "unix", binding: loaded, dir };
  throw new Error(`${dir} does not hold node-pty.`);
}

function isConsoleModule(value: unknown): value is ConsoleModule {
  return typeof value === "object" && value !== null && "spawn" in value && typeof value.spawn === "function";
}

function isPtyBinding(value: unknown): value is PtyBinding {
  return (
    typeof value === "object" &&
    value !== null &&
    "fork" in value &&
    typeof value.fork === "function" &&
    "resize" in value &&
    typeof value.resize === "function"
  );
}
