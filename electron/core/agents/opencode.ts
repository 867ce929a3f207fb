/** opencode: its own loopback server (`--port`, with a password of ours) tells everything; resume by `--session`. */
import { z } from "zod";

import type { AgentAdapter, AgentAdapterDeps, LaunchPlan, LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";
import type { AgentCli, PastSession } from "#shared/model/agentCli.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { ok, type Result } from "#shared/model/result.ts";
import { classifyExit } from "./exits.ts";
import { pasteThenEnter, textBytes } from "./keys.ts";
import { detectCli, prepareCli, type CliIdentity } from "./launching.ts";
import { meterOpencode } from "./opencodeMetering.ts";
import { OpencodeObserver } from "./opencodeObserver.ts";
import { opencodeUsage } from "./opencodeUsage.ts";
import { opencodeTools, ownEnvironment } from "./toolInjection.ts";
import { promptTitle } from "./transcripts.ts";

const CLI: CliIdentity = {
  id: "opencode",
  name: "opencode",
  program: "opencode",
  install: "npm install -g opencode-ai",
};
const SIGN_IN = "Run `opencode auth login` in a terminal.";
const PASTE_PAUSE_MS = 300;

export function createOpencodeAdapter({ machine }: AgentAdapterDeps): AgentAdapter {
  return {
    id: CLI.id,
    name: CLI.name,
    resumable: true,
    pause: { safe: true },
    // One escape asks, the second interrupts.
    interrupt: textBytes("\u001b\u001b"),
    detect: () => detectOpencode(machine),
    launch: (request) => launchOpencode(machine, request),
    meter: (plan, point) => meterOpencode(machine, plan, point),
    createObserver: (context) => new OpencodeObserver(context, machine),
    messageKeys: (text) => pasteThenEnter(text, PASTE_PAUSE_MS),
    classifyExit: (evidence) =>
      classifyExit(evidence, { readsScreen: true, resumeRefused: /Session not found/, loginAdvice: SIGN_IN }),
    usage: opencodeUsage,
    pastSessions: (limit) => pastSessions(machine, limit),
  };
}

async function launchOpencode(machine: Machine, request: LaunchRequest): Promise<Result<LaunchPlan>> {
  const prepared = await prepareCli(machine, CLI, request);
  if (!prepared.ok) return prepared;
  const { file, env: own } = prepared.value;
  const env = { ...own, ...ownEnvironment(request, own), ...opencodeTools(request, own) };
  const session = request.mode.type === "resume" ? ["--session", request.mode.cliSessionId] : [];
  const model = request.model === undefined ? [] : ["--model", request.model];
  const common = { file, cwd: request.cwd, promptPassed: true };
  const known = request.mode.type === "resume" ? { cliSessionId: request.mode.cliSessionId } : {};
  if (request.args[0] === "run") {
    const prompt = request.prompt === undefined ? [] : ["--", request.prompt];
    return ok({ ...common, ...known, args: [...request.args, ...session, ...model, ...prompt], env, memo: {} });
  }
  const server = await ownServer(machine, env);
  // With `--session` the TUI ignores `--prompt` (1.18.33), so a resumed session has its message typed.
  const isTyped = request.mode.type === "resume" && request.prompt !== undefined;
  const prompt = request.prompt === undefined || isTyped ? [] : [`--prompt=${request.prompt}`];
  return ok({
    ...common,
    ...known,
    args: ["--port", server.port, ...session, ...model, ...request.args, ...prompt],
    env: { ...env, OPENCODE_SERVER_PASSWORD: server.password },
    promptPassed: !isTyped,
    memo: { ...server.memo, prompt: isTyped ? "typed" : "passed" },
  });
}

/** The TUI serves its own API on loopback; the password keeps other programs of this machine out. */
async function ownServer(
  machine: Machine,
  env: Environment,
): Promise<{ port: string; password: string; memo: Record<string, string> }> {
  const port = String(await machine.freePort());
  const password = env["OPENCODE_SERVER_PASSWORD"] ?? machine.newId();
  const user = env["OPENCODE_SERVER_USERNAME"] ?? "opencode";
  const credentials = Buffer.from(`${user}:${password}`).toString("base64");
  return { port, password, memo: { url: `http://127.0.0.1:${port}`, authorization: `Basic ${credentials}` } };
}

async function detectOpencode(machine: Machine): Promise<AgentCli> {
  const found = await detectCli(machine, CLI);
  if (!found.installed) return found;
  const data = (await machine.environment())["XDG_DATA_HOME"] ?? `${machine.homeDir}/.local/share`;
  const auth = await machine.readFile(`${data}/opencode/auth.json`);
  // Providers may also come from its configuration or from key variables, so that nothing here proves a missing sign-in.
  return auth !== undefined && auth.trim() !== "{}" ? { ...found, signIn: "signed_in" } : found;
}

const listSchema = z.array(
  z.object({ id: z.string(), title: z.string().optional(), updated: z.number(), directory: z.string().optional() }),
);

/** Its sessions are in its own database; its own command lists those of the project it runs in. */
async function pastSessions(machine: Machine, limit: number): Promise<readonly PastSession[]> {
  const listed = await machine.run({
    file: CLI.program,
    args: ["session", "list", "--format", "json", "--max-count", String(limit)],
    cwd: machine.homeDir,
    timeoutMs: 15_000,
  });
  if (!listed.ok || listed.value.code !== 0) return [];
  return parseList(listed.value.stdout).map((session) => ({
    agent: CLI.id,
    cliSessionId: session.id,
    cwd: session.directory ?? machine.homeDir,
    title: promptTitle(session.title ?? "Untitled"),
    updatedAt: toIsoTime(session.updated),
  }));
}

function parseList(text: string): z.infer<typeof listSchema> {
  try {
    return listSchema.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}
