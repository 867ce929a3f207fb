/** The machine port on Node: bounded child processes, tolerant file reads, loopback HTTP. */
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, chmod, mkdir, open, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, dirname, extname, isAbsolute, resolve } from "node:path";

import type { Environment, FileStat, Machine, ReadFileRange, RunOutcome, RunRequest } from "#core/ports/machine.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import { followServerEvents, loopbackRequest } from "./loopbackHttp.ts";
import { readShellEnvironment } from "./shellEnv.ts";

const DEFAULT_RUN_MS = 5_000;
const DEFAULT_RUN_BYTES = 1024 * 1024;

export interface MachineOptions {
  /** Replaces asking the login shell; for tests. */
  readonly environment?: () => Promise<Environment>;
  readonly homeDir?: string;
}

/** The login shell is asked at the first need and once. */
export function createMachine(options: MachineOptions = {}): Machine {
  const readEnvironment = options.environment ?? (() => readShellEnvironment());
  let known: Promise<Environment> | undefined;
  const environment = (): Promise<Environment> => (known ??= readEnvironment());
  const which = async (name: string, cwd?: string): Promise<string | undefined> =>
    findProgram(name, { env: await environment(), cwd });
  return {
    platform: process.platform === "win32" || process.platform === "darwin" ? process.platform : "linux",
    homeDir: options.homeDir ?? homedir(),
    environment,
    which,
    async run(request) {
      const file = await which(request.file, request.cwd);
      if (file === undefined)
        return fail("spawn_failed", `${request.file} was not found on the PATH. Install it or correct the name.`);
      return runProgram(file, { ...request, env: { ...(await environment()), ...request.env } });
    },
    readFile: readBounded,
    listDir: (path) => readdir(path).catch(() => []),
    stat: fileStat,
    writePrivateFile,
    freePort,
    newId: randomUUID,
    http: loopbackRequest,
    serverEvents: followServerEvents,
  };
}

/** Looks a program up as a shell would; a name with a slash is a path relative to `cwd`. */
async function findProgram(
  name: string,
  where: { env: Environment; cwd: string | undefined },
): Promise<string | undefined> {
  const endings = programEndings(name, where.env);
  if (isAbsolute(name) || name.includes("/") || (process.platform === "win32" && name.includes("\\"))) {
    return firstExecutable(endings.map((ending) => resolve(where.cwd ?? ".", name) + ending));
  }
  const path = where.env["PATH"] ?? where.env["Path"] ?? "";
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return firstExecutable(
    folders.flatMap((folder) => endings.map((ending) => resolve(where.cwd ?? ".", folder, name) + ending)),
  );
}

function programEndings(name: string, env: Environment): readonly string[] {
  if (process.platform !== "win32") return [""];
  const known = (env["PATHEXT"] ?? ".COM;.EXE;.BAT;.CMD").split(";").map((ending) => ending.toLowerCase());
  return known.includes(extname(name).toLowerCase()) ? [""] : known;
}

async function firstExecutable(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return candidate;
  }
  return undefined;
}

function start(file: string, request: RunRequest) {
  // npm's launchers on Windows are .cmd files, which only the shell runs.
  const viaShell = process.platform === "win32" && /\.(cmd|bat)$/i.test(file);
  return spawn(viaShell ? `"${file}"` : file, [...request.args], {
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    env: { ...request.env },
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
    shell: viaShell,
    detached: process.platform !== "win32",
  });
}

function runProgram(file: string, request: RunRequest): Promise<Result<RunOutcome>> {
  const timeoutMs = request.timeoutMs ?? DEFAULT_RUN_MS;
  const couldNot = (error: unknown): Result<RunOutcome> =>
    fail("spawn_failed", `${file} could not be started: ${error instanceof Error ? error.message : String(error)}.`);
  return new Promise((settle) => {
    let child: ReturnType<typeof start>;
    try {
      child = start(file, request);
    } catch (error) {
      // What is not a missing file or a missing right is thrown (ETXTBSY: the program is being written just now).
      return settle(couldNot(error));
    }
    const stdout = collector(request.maxBytes ?? DEFAULT_RUN_BYTES);
    const stderr = collector(request.maxBytes ?? DEFAULT_RUN_BYTES);
    child.stdout.on("data", stdout.take);
    child.stderr.on("data", stderr.take);
    const timer = setTimeout(() => {
      endTree(child.pid, () => child.kill("SIGKILL"));
      settle(fail("timeout", `${file} did not answer within ${timeoutMs / 1000} s.`));
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      settle(couldNot(error));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      settle(ok({ code, stdout: stdout.text(), stderr: stderr.text() }));
    });
  });
}

function endTree(pid: number | undefined, otherwise: () => void): void {
  try {
    if (pid === undefined || process.platform === "win32") otherwise();
    else process.kill(-pid, "SIGKILL");
  } catch {
    otherwise();
  }
}

function collector(maxBytes: number): { take: (chunk: Buffer) => void; text: () => string } {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    take(chunk) {
      if (size >= maxBytes) return;
      chunks.push(chunk.subarray(0, maxBytes - size));
      size += chunk.length;
    },
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}

async function readBounded(
  path: string,
  range: ReadFileRange = { maxBytes: DEFAULT_RUN_BYTES },
): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const length = Math.min(size, range.maxBytes);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, range.fromEnd === true ? size - length : 0);
    return buffer.toString("utf8", 0, bytesRead);
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

async function fileStat(path: string): Promise<FileStat | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const kind = found.isFile() ? "file" : found.isDirectory() ? "directory" : "other";
  return { kind, size: found.size, modifiedAt: found.mtimeMs };
}

async function writePrivateFile(path: string, text: string): Promise<Result<void>> {
  try {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
    await writeFile(path, text, { mode: 0o600 });
    return ok(undefined);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("store_unavailable", `${path} could not be written: ${reason}.`);
  }
}

function freePort(): Promise<number> {
  return new Promise((settle, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => settle(port));
    });
  });
}
