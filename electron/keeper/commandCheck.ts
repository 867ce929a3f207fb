/** Refuses what could only fail after the fork, where nobody can tell it from an agent that ends with code 1. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, resolve } from "node:path";
import { fail, ok, type Result } from "#shared/model/result.ts";
import type { SpawnRequest } from "#shared/rpc/keeperProtocol.ts";

/** `spawn_failed` with the reason, or `bad_request` for strings no system call can carry. */
export async function checkCommand(request: SpawnRequest): Promise<Result<void>> {
  const texts = [request.file, request.cwd, ...request.args, ...Object.entries(request.env).flat()];
  if (texts.some((text) => text.includes("\0"))) return fail("bad_request", "A command holds a NUL character.");
  if (request.file === "") return fail("bad_request", "The command is empty.");
  const [hasFolder, hasCommand] = await Promise.all([isDirectory(request.cwd), isRunnable(request)]);
  if (!hasFolder) {
    return fail("spawn_failed", `The folder ${request.cwd} does not exist. Create it or change the agent's cwd.`);
  }
  if (hasCommand) return ok(undefined);
  return fail(
    "spawn_failed",
    `${request.file} was not found or may not be executed. Install it, or write the full path of the command.`,
  );
}

async function isRunnable({ file, cwd, env }: SpawnRequest): Promise<boolean> {
  // node-pty resolves extensions there; a wrong name shows as an exit.
  if (process.platform === "win32") return true;
  if (file.includes("/")) return isExecutable(isAbsolute(file) ? file : resolve(cwd, file));
  const path = env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const found = await Promise.all(path.split(delimiter).map((dir) => isExecutable(resolve(cwd, dir, file))));
  return found.includes(true);
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
