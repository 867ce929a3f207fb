/** Starting, reading and killing store processes. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const SCRIPT = new URL("./storeProcess.ts", import.meta.url).pathname;

export interface StoreProcess {
  readonly child: ChildProcess;
  readonly facts: unknown[];
  /** Resolves when this many facts were said; rejects when the process ends before. */
  said(count: number): Promise<void>;
  /** kill -9; resolves when it is gone and all it said has been read. */
  kill(): Promise<void>;
  ended(): Promise<number | null>;
}

export function startStoreProcess(job: string, dataDir: string, wrap: readonly string[] = []): StoreProcess {
  const command: readonly string[] = [...wrap, process.execPath, SCRIPT, job, dataDir];
  const child = spawn(command[0] ?? process.execPath, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const facts: unknown[] = [];
  let errors = "";
  child.stderr.on("data", (text) => (errors += String(text)));
  let wake = (): void => undefined;
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    facts.push(JSON.parse(line));
    wake();
  });
  const closed = Promise.all([once(child, "close"), once(lines, "close")]);
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
    wake();
  });
  return {
    child,
    facts,
    said: async (count) => {
      while (facts.length < count) {
        if (isClosed) throw new Error(`The process ended after ${facts.length} facts: ${errors}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    kill: async () => {
      child.kill("SIGKILL");
      await closed;
    },
    ended: async () => {
      await closed;
      if (child.exitCode !== 0) throw new Error(`Exit ${child.exitCode}: ${errors}`);
      return child.exitCode;
    },
  };
}
