/** The session keepers of a data directory, reached without an app: for the emergency stop and for doctor. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Result } from "#shared/model/result.ts";
import { fail, ok } from "#shared/model/result.ts";
import { KEEPER_RUNNING_DIR, KEEPER_TOKEN_FILE, keeperEndpointSchema, SESSIONS_DIR } from "#shared/rpc/keeperFiles.ts";
import type { KeeperEndpoint } from "#shared/rpc/keeperFiles.ts";
import { encodeKeeperFrame, KeeperFrameReader } from "#shared/rpc/keeperFrames.ts";
import { keeperMessageSchema } from "#shared/rpc/keeperProtocol.ts";
import type { KeeperMessage, KeeperRequest } from "#shared/rpc/keeperProtocol.ts";

/** Killing takes up to two seconds by promise; a keeper that says nothing for this long is broken. */
const ANSWER_TIMEOUT_MS = 10_000;

/** What the running files name; the process may be gone. */
export function keeperEndpoints(dataDir: string): readonly KeeperEndpoint[] {
  const dir = join(dataDir, KEEPER_RUNNING_DIR);
  return namesIn(dir).flatMap((name) => {
    const parsed = keeperEndpointSchema.safeParse(readJson(join(dir, name)));
    return parsed.success ? [parsed.data] : [];
  });
}

const killedSchema = z.object({ killed: z.number() });

/** How many processes were ended; undefined when no keeper answers there any more. */
export async function killAllOf(
  dataDir: string,
  keeper: KeeperEndpoint,
  patienceMs: number,
): Promise<Result<number> | undefined> {
  const answer = await askKeeper(dataDir, keeper, { request: { op: "killAll", id: 2 }, patienceMs });
  if (answer === undefined || !answer.ok) return answer;
  const parsed = killedSchema.safeParse(answer.value);
  return ok(parsed.success ? parsed.data.killed : 0);
}

interface KeeperCall {
  readonly request: KeeperRequest;
  readonly patienceMs?: number;
}

/** Hello, one request, its answer. Undefined when nothing listens. */
export function askKeeper(
  dataDir: string,
  keeper: KeeperEndpoint,
  { request, patienceMs = ANSWER_TIMEOUT_MS }: KeeperCall,
): Promise<Result<unknown> | undefined> {
  const token = readText(join(dataDir, KEEPER_TOKEN_FILE));
  if (token === undefined) return Promise.resolve(fail("keeper_unavailable", "The keeper's token cannot be read."));
  return new Promise((resolve) => {
    const socket = connect(keeper.socket);
    const reader = new KeeperFrameReader();
    const finish = (result: Result<unknown> | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(patienceMs, () =>
      finish(fail("keeper_unavailable", `The keeper ${keeper.pid} does not answer.`)),
    );
    socket.on("connect", () => {
      // Its own protocol: what the CLI asks is the same in all of them.
      socket.write(encodeKeeperFrame({ op: "hello", id: 1, protocol: keeper.protocol, role: "cli", token }));
      socket.write(encodeKeeperFrame(request));
    });
    socket.on("data", (chunk) => {
      const answer = answerIn(reader, chunk, request.id);
      if (answer !== undefined) finish(answer);
    });
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(fail("keeper_unavailable", `The keeper ${keeper.pid} hung up.`)));
  });
}

const sweptSchema = z.object({ killed: z.number(), survivors: z.number() });

/**
 * Ends what keepers that died or hang left running, by a program of the keeper's that needs no keeper. Undefined when
 * this directory never held a session.
 */
export function sweepLeftovers(dataDir: string): Promise<Result<number> | undefined> {
  if (!existsSync(join(dataDir, SESSIONS_DIR))) return Promise.resolve(undefined);
  const args = [keeperProgram(), "--data", dataDir, "--sweep", "all"];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.once("error", (error) => resolve(fail("spawn_failed", `The sweep could not be started: ${error.message}`)));
    child.once("close", () => resolve(readSwept(said)));
  });
}

function readSwept(said: string): Result<number> {
  const parsed = sweptSchema.safeParse(parseJson(said));
  if (!parsed.success) return fail("internal", "The sweep of what keepers left failed. Run it again.");
  const { killed, survivors } = parsed.data;
  if (survivors === 0) return ok(killed);
  return fail("forbidden", `${killed} processes ended; ${survivors} could not be ended and are still there.`);
}

/** Beside the built CLI, or as source in a clone. */
function keeperProgram(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const built = join(here, "keeper.js");
  return existsSync(built) ? built : join(here, "..", "keeper", "main.ts");
}

function answerIn(reader: KeeperFrameReader, chunk: Uint8Array, id: number): Result<unknown> | undefined {
  try {
    for (const frame of reader.push(chunk)) {
      const parsed = keeperMessageSchema.safeParse(frame.header);
      const answer = parsed.success ? asAnswer(parsed.data, id) : undefined;
      if (answer !== undefined) return answer;
    }
    return undefined;
  } catch (error) {
    return fail("keeper_unavailable", `The keeper sent something else than its protocol: ${String(error)}`);
  }
}

function asAnswer(message: KeeperMessage, id: number): Result<unknown> | undefined {
  if (message.op === "error") return fail("keeper_unavailable", message.message);
  return message.op === "ok" && message.id === id ? ok(message.value) : undefined;
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

function readJson(file: string): unknown {
  return parseJson(readText(file) ?? "");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
