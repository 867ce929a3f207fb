/**
 * What ends the agents when this keeper is killed and no app is there to do it: a shell that waits for the end of a
 * pipe only this keeper holds. It costs a megabyte and no time; the system closes the pipe with the keeper's last
 * breath, and the shell becomes a sweep of this keeper's sessions. A keeper that leaves by itself says so first.
 */
import { spawn, type ChildProcess } from "node:child_process";
import type { ProcessIdentity } from "#platform/processTree.ts";

export interface Guard {
  /** The keeper leaves by itself: nothing is to be swept. Idempotent. */
  dismiss(): void;
}

/** `read` fails at the end of the pipe; a word before it means that all is well. */
const WAIT = 'trap "" HUP INT TERM; read -r word && exit 0; "$@"';
const LEAVING = "leaving\n";
/** Somebody who ends it again and again wants it gone. */
const MOST_STARTS = 10;

export interface GuardOptions {
  readonly dataDir: string;
  readonly keeper: ProcessIdentity;
  readonly log: (message: string) => void;
}

/** Windows ends what is attached to a console with the console. */
export function postGuard(options: GuardOptions): Guard {
  if (process.platform === "win32") return { dismiss: () => undefined };
  let child: ChildProcess | undefined;
  let isDismissed = false;
  let starts = 0;
  const post = (): void => {
    starts += 1;
    const { pid, startTime } = options.keeper;
    const program = process.argv[1] ?? "";
    const sweep = [process.execPath, program, "--data", options.dataDir, "--sweep", `${pid}:${startTime}`];
    child = spawn("/bin/sh", ["-c", WAIT, "signalbox-guard", ...sweep], {
      cwd: "/",
      detached: true,
      stdio: ["pipe", "ignore", "inherit"],
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
