/** Claude Code: session id from us, hooks by `--settings`, state by OSC 7501, resume by `--resume`. */
import { z } from "zod";

import type { AgentAdapter, AgentAdapterDeps, LaunchPlan, LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";
import type { AgentCli, PastSession } from "#shared/model/agentCli.ts";
import { ok, type Result } from "#shared/model/result.ts";
import { hookSettings } from "./claudeHooks.ts";
import { ClaudeObserver } from "./claudeObserver.ts";
import { createClaudeUsage } from "./claudeUsage.ts";
import { classifyExit } from "./exits.ts";
import { ESCAPE, pasteThenEnter } from "./keys.ts";
import { detectCli, OptionCheck, prepareCli, type CliIdentity, type Prepared } from "./launching.ts";
import { meterClaude } from "./metering.ts";
import { claudeInjection } from "./telemetryInjection.ts";
import { claudeAgreed, claudeTools, ownEnvironment } from "./toolInjection.ts";
import { jsonLines, newestFiles, promptTitle } from "./transcripts.ts";

const CLI: CliIdentity = {
  id: "claude",
  name: "Claude Code",
  program: "claude",
  install: "npm install -g @anthropic-ai/claude-code",
};
const SIGN_IN = "Run `claude` in a terminal and sign in with /login.";
/** Claude takes an Enter that follows a paste at once for a line break. */
const PASTE_PAUSE_MS = 150;

export function createClaudeAdapter({ machine }: AgentAdapterDeps): AgentAdapter {
  const options = new OptionCheck(machine);
  return {
    id: CLI.id,
    name: CLI.name,
    resumable: true,
    pause: { safe: true },
    interrupt: ESCAPE,
    detect: () => detectClaude(machine),
    launch: (request) => launchClaude(machine, request, options),
    meter: (plan, point) => meterClaude(machine, plan, point),
    createObserver: (context) => new ClaudeObserver(context),
    messageKeys: (text) => pasteThenEnter(text, PASTE_PAUSE_MS),
    classifyExit: (evidence) =>
      classifyExit(evidence, { readsScreen: true, resumeRefused: /No conversation found/, loginAdvice: SIGN_IN }),
    usage: createClaudeUsage(machine),
    pastSessions: (limit) => pastSessions(machine, limit),
  };
}

async function launchClaude(
  machine: Machine,
  request: LaunchRequest,
  options: OptionCheck,
): Promise<Result<LaunchPlan>> {
  const prepared = await prepareCli(machine, CLI, request);
  if (!prepared.ok) return prepared;
  const { file, env } = prepared.value;
  const hooks = await writeHooks(machine, request);
  if (!hooks.ok) return hooks;
  const tools = await claudeTools(machine, request);
  if (!tools.ok) return tools;
  const session = sessionArgs(machine, request);
  const mode = await permissionArgs(machine, prepared.value, { request, options });
  const model = request.model === undefined ? [] : ["--model", request.model];
  // `--` keeps a prompt that begins with a dash, or that follows a variadic option, a prompt.
  const prompt = request.prompt === undefined ? [] : ["--", request.prompt];
  const telemetry = await claudeInjection(machine, request, env);
  const plan = {
    file,
    args: [...session.args, ...hooks.value, ...tools.value, ...mode, ...model, ...request.args, ...prompt],
    env: { ...env, ...telemetry.env, ...ownEnvironment(request, env) },
    cwd: request.cwd,
    promptPassed: true,
    memo: {},
  };
  return ok(session.id === undefined ? plan : { ...plan, cliSessionId: session.id });
}

function sessionArgs(
  machine: Machine,
  request: LaunchRequest,
): { readonly args: readonly string[]; readonly id?: string } {
  if (request.mode.type === "resume")
    return { args: ["--resume", request.mode.cliSessionId], id: request.mode.cliSessionId };
  const own = request.args.indexOf("--session-id");
  const given = own < 0 ? undefined : request.args[own + 1];
  if (given !== undefined) return { args: [], id: given };
  if (request.args.some((arg) => /^(-c|--continue|-r|--resume)$/.test(arg))) return { args: [] };
  const id = machine.newId();
  return { args: ["--session-id", id], id };
}

async function writeHooks(machine: Machine, request: LaunchRequest): Promise<Result<readonly string[]>> {
  if (request.ingest === undefined) return ok([]);
  const file = `${request.filesDir}/claude-settings.json`;
  const written = await machine.writePrivateFile(
    file,
    hookSettings(`${request.ingest.url}/${request.sessionId}`, claudeAgreed(request)),
  );
  return written.ok ? ok(["--settings", file]) : written;
}

/** Newer versions judge tool calls themselves unless told otherwise; a person's own choice of mode always wins. */
async function permissionArgs(
  machine: Machine,
  prepared: Prepared,
  launch: { request: LaunchRequest; options: OptionCheck },
): Promise<readonly string[]> {
  if (launch.request.args.some((arg) => arg.startsWith("--permission-mode") || arg.includes("skip-permissions")))
    return [];
  if (await hasOwnMode(machine, prepared.env)) return [];
  const knowsManual = await launch.options.knows(prepared.file, /--permission-mode[\s\S]{0,400}?"manual"/);
  return knowsManual ? ["--permission-mode", "manual"] : [];
}

async function hasOwnMode(machine: Machine, env: Environment): Promise<boolean> {
  const text = await machine.readFile(`${configDir(machine, env)}/settings.json`);
  const settings = parseJson(text, z.object({ permissions: z.object({ defaultMode: z.string() }) }));
  return settings !== undefined;
}

async function detectClaude(machine: Machine): Promise<AgentCli> {
  const found = await detectCli(machine, CLI);
  if (!found.installed) return found;
  const isSignedIn = await signedIn(machine);
  if (isSignedIn) return { ...found, signIn: "signed_in" };
  // On macOS the Keychain may hold a sign-in that cannot be seen without asking the person.
  return machine.platform === "darwin" ? found : { ...found, signIn: "signed_out", advice: SIGN_IN };
}

const KEY_VARIABLES = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_AUTH_TOKEN",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
  "CLAUDE_CODE_USE_FOUNDRY",
];

async function signedIn(machine: Machine): Promise<boolean> {
  const env = await machine.environment();
  if (KEY_VARIABLES.some((name) => (env[name] ?? "") !== "")) return true;
  const folder = configDir(machine, env);
  if ((await machine.stat(`${folder}/.credentials.json`)) !== undefined) return true;
  const state = env["CLAUDE_CONFIG_DIR"] === undefined ? `${machine.homeDir}/.claude.json` : `${folder}/.claude.json`;
  const account = parseJson(
    await machine.readFile(state, { maxBytes: 32 * 1024 * 1024 }),
    z.object({ oauthAccount: z.object({}) }),
  );
  const helper = parseJson(await machine.readFile(`${folder}/settings.json`), z.object({ apiKeyHelper: z.string() }));
  return account !== undefined || helper !== undefined;
}

function configDir(machine: Machine, env: Environment): string {
  return env["CLAUDE_CONFIG_DIR"] ?? `${machine.homeDir}/.claude`;
}

const lineSchema = z.object({
  type: z.string(),
  cwd: z.string().optional(),
  isMeta: z.boolean().optional(),
  isSidechain: z.boolean().optional(),
  customTitle: z.string().optional(),
  summary: z.string().optional(),
  message: z
    .object({ content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]) })
    .optional(),
});

/** `projects/<folder>/<session id>.jsonl`; only the head of each file is read. */
async function pastSessions(machine: Machine, limit: number): Promise<readonly PastSession[]> {
  const projects = `${configDir(machine, await machine.environment())}/projects`;
  const folders = (await machine.listDir(projects)).map((folder) => `${projects}/${folder}`);
  const files = await newestFiles(machine, folders, { matches: /^[0-9a-f-]{36}\.jsonl$/, limit });
  const sessions = await Promise.all(files.map((file) => readSession(machine, file)));
  return sessions.filter((session) => session !== undefined);
}

async function readSession(
  machine: Machine,
  file: { path: string; name: string; modifiedAtIso: string },
): Promise<PastSession | undefined> {
  const lines = jsonLines(await machine.readFile(file.path, { maxBytes: 256 * 1024 }), lineSchema);
  const cwd = lines.find((line) => line.cwd !== undefined)?.cwd;
  const prompt = lines.find(
    (line) => line.type === "user" && line.isMeta !== true && line.isSidechain !== true && contentText(line) !== "",
  );
  if (cwd === undefined || prompt === undefined) return undefined;
  const named = lines.findLast((line) => line.customTitle !== undefined || line.summary !== undefined);
  const title = named?.customTitle ?? named?.summary ?? contentText(prompt);
  return {
    agent: CLI.id,
    cliSessionId: file.name.slice(0, -".jsonl".length),
    cwd,
    title: promptTitle(title),
    updatedAt: file.modifiedAtIso,
  };
}

function contentText(line: z.infer<typeof lineSchema>): string {
  const content = line.message?.content;
  if (content === undefined) return "";
  const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join(" ");
  return text.startsWith("<") ? "" : text.trim();
}

function parseJson<T>(text: string | undefined, schema: z.ZodType<T>): T | undefined {
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
