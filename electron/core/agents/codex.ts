/** Codex: state by OSC 7501, permissions read off the screen, session id from its rollout file, resume by `codex resume`. */
import { z } from "zod";

import type {
  AgentAdapter,
  AgentAdapterDeps,
  LaunchPlan,
  LaunchRequest,
  ObserverContext,
} from "#core/ports/agentAdapter.ts";
import type { Environment, Machine } from "#core/ports/machine.ts";
import type { ScreenHint } from "#core/ports/screens.ts";
import type { AgentCli, PastSession } from "#shared/model/agentCli.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { ok, type Result } from "#shared/model/result.ts";
import { createCodexUsage } from "./codexUsage.ts";
import { classifyExit } from "./exits.ts";
import { isIrreversible } from "./irreversible.ts";
import { ENTER, ESCAPE, pasteThenEnter, textBytes } from "./keys.ts";
import { detectCli, OptionCheck, prepareCli, type CliIdentity } from "./launching.ts";
import { meterCodex } from "./codexMetering.ts";
import { activityOf, parseProgramStatus } from "./programStatus.ts";
import { ALLOW, DENY, DENY_SAY, denyKeys, numberedDialog, type Dialog, type NumberedDialog } from "./screenDialogs.ts";
import { ScreenObserver, type Reader, type Reading, type SessionSearch } from "./screenObserver.ts";
import { codexInjection } from "./telemetryInjection.ts";
import { codexTools, ownEnvironment } from "./toolInjection.ts";
import { textAt } from "./usageNumbers.ts";
import { jsonLines, newestFiles, promptTitle, type TranscriptFile } from "./transcripts.ts";

const CLI: CliIdentity = { id: "codex", name: "Codex", program: "codex", install: "npm install -g @openai/codex" };
const SIGN_IN = "Run `codex login` in a terminal.";
const PASTE_PAUSE_MS = 200;
/** A rollout's time is cut to the second. */
const CLOCK_SLACK_MS = 1_000;

export function createCodexAdapter({ machine }: AgentAdapterDeps): AgentAdapter {
  const options = new OptionCheck(machine);
  /** Two agents in one folder: a rollout belongs to the one that found it first. */
  const claimed = new Set<string>();
  const reader: Reader = {
    read: readHint,
    dialog: codexDialog,
    looksWhenQuiet: false,
    works: /\besc to interrupt\b/,
    conversations: ({ logs }) => logs.flatMap(({ attributes }) => textAt(attributes, "conversation.id") ?? []),
    discover: (context, search) => discoverSession(machine, context, { ...search, claimed }),
  };
  return {
    id: CLI.id,
    name: CLI.name,
    resumable: true,
    pause: { safe: true },
    interrupt: ESCAPE,
    detect: () => detectCodex(machine),
    launch: (request) => launchCodex(machine, request, options),
    meter: (plan, point) => meterCodex(machine, plan, point),
    createObserver(context) {
      if (context.cliSessionId !== undefined) claimed.add(context.cliSessionId);
      return new ScreenObserver(context, reader);
    },
    messageKeys: (text) => pasteThenEnter(text, PASTE_PAUSE_MS),
    classifyExit: (evidence) =>
      classifyExit(evidence, {
        readsScreen: true,
        resumeRefused: /No saved session found|Failed to resume session/,
        loginAdvice: SIGN_IN,
      }),
    usage: createCodexUsage(machine),
    pastSessions: (limit) => pastSessions(machine, limit),
  };
}

async function launchCodex(
  machine: Machine,
  request: LaunchRequest,
  options: OptionCheck,
): Promise<Result<LaunchPlan>> {
  const prepared = await prepareCli(machine, CLI, request);
  if (!prepared.ok) return prepared;
  const { file, env } = prepared.value;
  // Without it the TUI starts background servers that outlive the pty and copies itself into the person's home.
  const isTui = request.args[0]?.startsWith("-") !== false;
  const daemon = isTui && (await options.knows(file, /--no-daemon\b/)) ? ["--no-daemon"] : [];
  const model = request.model === undefined ? [] : ["--model", request.model];
  const resume = request.mode.type === "resume" ? ["resume", request.mode.cliSessionId] : [];
  const prompt = request.prompt === undefined ? [] : ["--", request.prompt];
  const telemetry = await codexInjection(machine, request, env);
  const plan = {
    file,
    args: [...resume, ...request.args, ...daemon, ...telemetry.args, ...codexTools(request), ...model, ...prompt],
    env: { ...env, ...telemetry.env, ...ownEnvironment(request, env) },
    cwd: request.cwd,
    promptPassed: true,
    memo: { codexHome: codexHome(machine, env), ...(telemetry.args.length === 0 ? {} : { telemetry: "ours" }) },
  };
  return ok(request.mode.type === "resume" ? { ...plan, cliSessionId: request.mode.cliSessionId } : plan);
}

function readHint(hint: ScreenHint): Reading | undefined {
  if (hint.type !== "status") return undefined;
  const status = parseProgramStatus(hint.params);
  const activity = status === undefined ? undefined : activityOf(status);
  if (status === undefined || activity === undefined) return undefined;
  const words = {
    idle: "Waits for a prompt",
    working: "Working",
    done: "Finished its turn",
    error: "The turn failed",
    blocked: "Waits for a person",
    clear: "",
  };
  return {
    activity,
    detail: status.message === "" ? words[status.state] : status.message,
    isError: status.state === "error",
  };
}

/** `Would you like to run the following command?` with `y`, `p` and `esc`. What would change its rules for good is not offered. */
export function codexDialog(screen: string): Dialog | undefined {
  const seen = numberedDialog(screen);
  if (seen !== undefined && /^\s*Question 1\/1\b/m.test(screen)) return questionDialog(seen);
  const question = seen?.above.findLastIndex((line) => /^(Would you like|Do you (want|trust)|Allow )/.test(line)) ?? -1;
  if (seen === undefined || question < 0) return undefined;
  const yes = /\((\w)\)$/.exec(seen.answers[0]?.label ?? "")?.[1] ?? "1";
  return {
    ask: codexAsk(seen.above[question] ?? "", seen.above.slice(question + 1)),
    keys: (choice) => (choice.option === "allow" ? [textBytes(yes)] : denyKeys(choice)),
  };
}

/** `Question 1/1` above it. Of a form with more questions the terminal is the place: one key may answer two of them. */
function questionDialog(seen: NumberedDialog): Dialog {
  const options = seen.answers.map(({ number, label }) => {
    // The answer, a gap, and what it means.
    const [answer = label, hint] = label.split(/\s{2,}/);
    const known = { id: number, label: answer, key: number, takesText: false };
    return hint === undefined ? known : { ...known, hint };
  });
  const body = seen.above.at(-1) ?? "Codex asks a question.";
  return {
    ask: { kind: "question", title: "Question", body, irreversible: false, options, via: "keys" },
    keys: (choice) => [textBytes(choice.option), ENTER],
  };
}

function codexAsk(question: string, text: readonly string[]): Dialog["ask"] {
  const command = text.find((line) => line.startsWith("$ "))?.slice("$ ".length);
  const reason = text.find((line) => line.startsWith("Reason: "))?.slice("Reason: ".length);
  const rest = text.filter((line) => !/^(Reason|Environment): /.test(line)).join("\n");
  const ask = {
    kind: "permission",
    title: command === undefined ? question : "Run a command",
    body: command ?? (rest === "" ? question : rest),
    irreversible: isIrreversible(command ?? ""),
    options: [ALLOW, DENY, DENY_SAY],
    via: "keys",
  } as const;
  return reason === undefined ? ask : { ...ask, reason };
}

function codexHome(machine: Machine, env: Environment): string {
  return env["CODEX_HOME"] ?? `${machine.homeDir}/.codex`;
}

async function detectCodex(machine: Machine): Promise<AgentCli> {
  const found = await detectCli(machine, CLI);
  if (!found.installed) return found;
  const env = await machine.environment();
  const hasKey = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_ACCESS_TOKEN"].some((name) => (env[name] ?? "") !== "");
  if (hasKey || (await machine.stat(`${codexHome(machine, env)}/auth.json`)) !== undefined)
    return { ...found, signIn: "signed_in" };
  // A provider of one's own needs no OpenAI account.
  const config = await machine.readFile(`${codexHome(machine, env)}/config.toml`);
  return /^\s*model_provider\s*=/m.test(config ?? "") ? found : { ...found, signIn: "signed_out", advice: SIGN_IN };
}

const ROLLOUT = /^rollout-.*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/;
const rolloutLineSchema = z.object({
  type: z.string(),
  timestamp: z.string().optional(),
  payload: z.object({
    id: z.string().optional(),
    cwd: z.string().optional(),
    thread_source: z.string().nullish(),
    type: z.string().optional(),
    role: z.string().optional(),
    content: z.array(z.object({ text: z.string().optional() })).optional(),
  }),
});

/**
 * The rollout of a conversation that the agent's own telemetry names. Where the person's settings send that elsewhere,
 * it is a guess: what began after we did, in our folder, and belongs to no other agent.
 */
async function discoverSession(
  machine: Machine,
  context: ObserverContext,
  search: SessionSearch & { claimed: Set<string> },
): Promise<string | undefined> {
  const { claimed, conversations } = search;
  const earliest = toIsoTime(search.startedAtMs - CLOCK_SLACK_MS);
  const isTold = context.memo["telemetry"] === "ours";
  if (isTold && conversations.size === 0) return undefined;
  const files = await newestRollouts(machine, context.memo["codexHome"] ?? "", 20);
  const metas = await Promise.all(files.map((file) => rolloutMeta(machine, file)));
  const own = metas
    .filter((meta) => meta !== undefined)
    .filter((meta) => meta.cwd === context.cwd && !claimed.has(meta.id) && !meta.isSubagent)
    .filter((meta) => (isTold ? conversations.has(meta.id) : meta.startedAt >= earliest))
    .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
  if (own[0] !== undefined) claimed.add(own[0].id);
  return own[0]?.id;
}

interface RolloutMeta {
  readonly id: string;
  readonly cwd: string;
  readonly startedAt: string;
  readonly isSubagent: boolean;
}

async function rolloutMeta(machine: Machine, file: TranscriptFile): Promise<RolloutMeta | undefined> {
  const [first] = jsonLines(await machine.readFile(file.path, { maxBytes: 256 * 1024 }), rolloutLineSchema);
  if (first?.type !== "session_meta" || first.payload.id === undefined) return undefined;
  const { id, cwd = "", thread_source: source } = first.payload;
  return { id, cwd, startedAt: first.timestamp ?? "", isSubagent: source === "subagent" };
}

/** `sessions/<year>/<month>/<day>/`; the newest days first, until there are enough. */
async function newestRollouts(machine: Machine, home: string, limit: number): Promise<readonly TranscriptFile[]> {
  const days: string[] = [];
  for (const year of await newestFirst(machine, `${home}/sessions`)) {
    for (const month of await newestFirst(machine, year)) days.push(...(await newestFirst(machine, month)));
    if (days.length > 60) break;
  }
  const files: TranscriptFile[] = [];
  for (const day of days) {
    files.push(...(await newestFiles(machine, [day], { matches: ROLLOUT, limit })));
    if (files.length >= limit) break;
  }
  return files.toSorted((a, b) => b.modifiedAt - a.modifiedAt).slice(0, limit);
}

async function newestFirst(machine: Machine, folder: string): Promise<readonly string[]> {
  const names = (await machine.listDir(folder)).filter((name) => /^\d+$/.test(name));
  return names.toSorted((a, b) => b.localeCompare(a)).map((name) => `${folder}/${name}`);
}

async function pastSessions(machine: Machine, limit: number): Promise<readonly PastSession[]> {
  const files = await newestRollouts(machine, codexHome(machine, await machine.environment()), limit);
  const sessions = await Promise.all(files.map((file) => readRollout(machine, file)));
  return sessions.filter((session) => session !== undefined);
}

async function readRollout(machine: Machine, file: TranscriptFile): Promise<PastSession | undefined> {
  const lines = jsonLines(await machine.readFile(file.path, { maxBytes: 512 * 1024 }), rolloutLineSchema);
  const meta = lines.find((line) => line.type === "session_meta")?.payload;
  if (meta?.id === undefined || meta.cwd === undefined) return undefined;
  const prompts = lines.filter((line) => line.payload.type === "message" && line.payload.role === "user");
  const texts = prompts.map((line) => (line.payload.content ?? []).map((part) => part.text ?? "").join(" "));
  // What Codex itself puts before the first prompt is wrapped in tags.
  const title = texts.find((text) => text !== "" && !/^\s*[<#]/.test(text));
  return title === undefined
    ? undefined
    : { agent: CLI.id, cliSessionId: meta.id, cwd: meta.cwd, title: promptTitle(title), updatedAt: file.modifiedAtIso };
}
