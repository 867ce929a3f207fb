/**
 * What ends a process's charges when it is killed and nobody is there to do it: a shell that waits for the end of a pipe
 * only that process holds. It costs a megabyte and no time; the system closes the pipe with the last breath, and the
 * shell becomes a sweep of what that process had started. Who leaves by itself says so first.
 */
import { spawn, type ChildProcess } from "node:child_process";

export interface Guard {
  /** Its owner leaves by itself: nothing is to be swept. Idempotent. */
  dismiss(): void;
}

/** `read` fails at the end of the pipe; a word before it means that all is well. */
const WAIT = 'trap "" HUP INT TERM; read -r word && exit 0; "$@"';
const LEAVING = "leaving\n";
/** Somebody who ends it again and again wants it gone. */
const MOST_STARTS = 10;

export interface GuardOptions {
  /** The sweep as a command line: program and arguments. */
  readonly sweep: readonly [string, ...string[]];
  readonly log: (message: string) => void;
  /** Where the sweep's own words go; `inherit` by default. */
  readonly stderr?: "inherit" | "ignore";
}

/** Windows ends what is attached to a console with the console. */
export function postGuard(options: GuardOptions): Guard {
  if (process.platform === "win32") return { dismiss: () => undefined };
  let child: ChildProcess | undefined;
  let isDismissed = false;
  let starts = 0;
  const post = (): void => {
    starts += 1;
    child = spawn("/bin/sh", ["-c", WAIT, "signalbox-guard", ...options.sweep], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", options.stderr ?? "inherit"],
    });
    child.stdin?.on("error", () => undefined);
    child.once("error", (error) => options.log(`no guard: ${error.message}`));
    child.once("exit", () => {
      if (!isDismissed && starts < MOST_STARTS) post();
    });
    child.unref();
  };
  post();
  return {
    dismiss: () => {
      if (isDismissed) return;
      isDismissed = true;
      child?.stdin?.end(LEAVING);
    },
  };
}
