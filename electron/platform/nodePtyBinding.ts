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
  resize(fd: number, cols: number, rows: number): void;
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

export interface LoadedPtyBinding {
  readonly binding: PtyBinding;
  /** Directory of the binding; macOS needs the spawn-helper beside it. */
  readonly dir: string;
}

/** Where npm put the binding: built on this machine, or the prebuilt one. Throws when node-pty is not installed. */
export function findPtyBindingDir(): string {
  const root = dirname(createRequire(import.meta.url).resolve("node-pty/package.json"));
  const candidates = [join(root, "build", "Release"), join(root, "prebuilds", `${process.platform}-${process.arch}`)];
  const found = candidates.find((dir) => existsSync(join(dir, "pty.node")));
  if (found === undefined) throw new Error(`node-pty has no native binding in ${candidates.join(" or ")}.`);
  return found;
}

export function loadPtyBinding(dir: string): LoadedPtyBinding {
  const binding: unknown = createRequire(import.meta.url)(join(dir, "pty.node"));
  if (!isPtyBinding(binding)) throw new Error(`${join(dir, "pty.node")} is not node-pty's binding.`);
  return { binding, dir };
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
