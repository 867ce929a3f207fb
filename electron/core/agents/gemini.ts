/** Gemini CLI: session id from us, state by its window title, permissions read off the screen, resume by `--resume`. */
import { z } from "zod";

import type { AgentAdapter, AgentAdapterDeps, LaunchPlan, LaunchRequest } from "#core/ports/agentAdapter.ts";
import type { Machine } from "#core/ports/machine.ts";
import type { ScreenHint } from "#core/ports/screens.ts";
import type { AgentCli, PastSession } from "#shared/model/agentCli.ts";
import { ok, type Result } from "#shared/model/result.ts";
import { createGeminiUsage } from "./geminiUsage.ts";
import { classifyExit } from "./exits.ts";
import { isIrreversible } from "./irreversible.ts";
import { ESCAPE, pasteThenEnter, textBytes } from "./keys.ts";
import { detectCli, OptionCheck, prepareCli, type CliIdentity } from "./launching.ts";
import { meterGemini } from "./metering.ts";
import {
  ALLOW,
  ALLOW_SESSION,
  DENY,
  DENY_SAY,
  denyKeys,
  numberedDialog,
  type Dialog,
  type NumberedDialog,
} from "./screenDialogs.ts";
import { ScreenObserver, type Reader, type Reading } from "./screenObserver.ts";
import { geminiInjection } from "./telemetryInjection.ts";
import { geminiWithoutTools, ownEnvironment } from "./toolInjection.ts";
import { jsonLines, newestFiles, promptTitle, type TranscriptFile } from "./transcripts.ts";

const CLI: CliIdentity = {
  id: "gemini",
  name: "Gemini CLI",
  program: "gemini",
  install: "npm install -g @google/gemini-cli",
};
const SIGN_IN = "Run `gemini` in a terminal and choose how to sign in.";
/** Gemini takes an Enter that comes sooner for part of the paste. */
const PASTE_PAUSE_MS = 900;
/** `FATAL_AUTHENTICATION_ERROR` of its exit codes. */
const LOGIN_CODE = 41;

const READER: Reader = {
  read: readTitle,
  dialog: geminiDialog,
  looksWhenQuiet: true,
  resumed: (screen) => !screen.includes("Resuming session...") && /^\s*(✦|>(?!\s+Type your message)) /m.test(screen),
};

export function createGeminiAdapter({ machine }: AgentAdapterDeps): AgentAdapter {
  const options = new OptionCheck(machine);
  return {
    id: CLI.id,
    name: CLI.name,
    resumable: true,
    pause: { safe: true },
    interrupt: ESCAPE,
    detect: () => detectGemini(machine),
    launch: (request) => launchGemini(machine, request, options),
    meter: (plan, point) => meterGemini(machine, plan, point),
    createObserver: (context) => new ScreenObserver(context, READER),
    messageKeys: (text) => pasteThenEnter(text, PASTE_PAUSE_MS),
    classifyExit: (evidence) =>
      classifyExit(evidence, {
        readsScreen: true,
        resumeRefused: /Error resuming session/,
        loginCode: LOGIN_CODE,
        loginAdvice: SIGN_IN,
      }),
    usage: createGeminiUsage(machine),
    pastSessions: (limit) => pastSessions(machine, limit),
  };
}

async function launchGemini(
  machine: Machine,
  request: LaunchRequest,
  options: OptionCheck,
): Promise<Result<LaunchPlan>> {
  const prepared = await prepareCli(machine, CLI, request);
  if (!prepared.ok) return prepared;
  const { file, env } = prepared.value;
  const takesId = request.mode.type === "fresh" && (await options.knows(file, /--session-id\b/));
  const id = request.mode.type === "resume" ? request.mode.cliSessionId : takesId ? machine.newId() : undefined;
  const session = id === undefined ? [] : [request.mode.type === "resume" ? "--resume" : "--session-id", id];
  const model = request.model === undefined ? [] : ["--model", request.model];
  const telemetry = await geminiInjection(machine, request, env);
  const withoutTools = await geminiWithoutTools(machine, request, env);
  const plan = {
    file,
    args: [...session, ...model, ...request.args, ...promptArgs(request)],
    env: { ...env, ...telemetry.env, ...ownEnvironment(request, env) },
    cwd: request.cwd,
    promptPassed: true,
    memo: {},
    ...(withoutTools === undefined ? {} : { withoutTools }),
  };
  return ok(id === undefined ? plan : { ...plan, cliSessionId: id });
}

/** `--prompt-interactive=…` in one word, because a prompt may begin with a dash. */
function promptArgs(request: LaunchRequest): readonly string[] {
  if (request.prompt === undefined) return [];
  const isPrint = /^(-p|--prompt)$/.test(request.args.at(-1) ?? "");
  return [isPrint ? request.prompt : `--prompt-interactive=${request.prompt}`];
}

/** `◇  Ready (dir)`, `✦  Working… (dir)`, `✋  Action Required (dir)`; while it thinks the title may be the thought itself. */
function readTitle(hint: ScreenHint): Reading | undefined {
  if (hint.type !== "title") return undefined;
  const title = hint.title.trim();
  if (title.startsWith("◇")) return { activity: "idle", detail: "Waits for a prompt" };
  if (title.startsWith("✋")) return { activity: "waiting_permission", detail: "Waits for a permission" };
  if (/^[✦⏲]/u.test(title))
    return { activity: "busy", detail: title.replace(/^\S+\s*/, "").replace(/\s*\([^)]*\)$/, "") || "Working" };
  return undefined;
}

export function geminiDialog(screen: string): Dialog | undefined {
  const seen = numberedDialog(screen);
  if (seen === undefined) return undefined;
  if (seen.above.some((line) => line.startsWith("Do you trust"))) return trustDialog(seen);
  const limit = seen.above.findLast((line) => /^Usage limit reached|quota/i.test(line));
  if (limit !== undefined && seen.answers.some((answer) => answer.label === "Stop")) return limitDialog(seen, limit);
  const first = seen.answers[0]?.label ?? "";
  return /^(Allow|Yes)/.test(first) ? permissionDialog(seen) : undefined;
}

function permissionDialog(seen: NumberedDialog): Dialog {
  const forSession = seen.answers.find((answer) => /for this session/.test(answer.label))?.number;
  const [, tool, rest] =
    seen.above.map((line) => /^\? (\S+)\s+(.*)$/.exec(line)).findLast((match) => match !== null) ?? [];
  const isShell = tool === "Shell";
  const body = rest ?? seen.above.slice(-3).join("\n");
  return {
    ask: {
      kind: "permission",
      title: isShell ? "Run a command" : `Use ${tool ?? "a tool"}`,
      body,
      irreversible: isShell && isIrreversible(body),
      options: forSession === undefined ? [ALLOW, DENY, DENY_SAY] : [ALLOW, ALLOW_SESSION, DENY, DENY_SAY],
      via: "keys",
    },
    keys(choice) {
      if (choice.option === "allow") return [textBytes("1")];
      return choice.option === "allow_session" ? [textBytes(forSession ?? "1")] : denyKeys(choice);
    },
  };
}

/** `Usage limit reached for …` with `Keep trying`, `Stop` and, with some accounts, a way to another model or plan. */
function limitDialog(seen: NumberedDialog, limit: string): Dialog {
  const reset = seen.above.find((line) => /resets? (at|in)/i.test(line));
  return {
    ask: {
      kind: "rate_limited",
      title: "Reached a limit",
      body: reset === undefined ? limit : `${limit} ${reset}`,
      irreversible: false,
      options: seen.answers.map(({ number, label }) => ({ id: number, label, key: number, takesText: false })),
      via: "keys",
    },
    keys: (choice) => [textBytes(choice.option)],
  };
}

function trustDialog(seen: NumberedDialog): Dialog {
  const number = (pattern: RegExp, fallback: string): string =>
    seen.answers.find((answer) => pattern.test(answer.label))?.number ?? fallback;
  const folder = /^Trust folder \((.+)\)$/.exec(seen.answers[0]?.label ?? "")?.[1];
  return {
    ask: {
      kind: "permission",
      title: "Trust this folder",
      body: folder ?? "this folder",
      reason:
        "Gemini CLI loads commands, hooks and servers of a trusted folder. It asks once per folder and remembers the answer.",
      irreversible: false,
      options: [
        { ...ALLOW, label: "Trust it" },
        { ...DENY, label: "Do not trust" },
      ],
      via: "keys",
    },
    keys: (choice) => [
      textBytes(choice.option === "allow" ? number(/^Trust folder/, "1") : number(/^Don't trust/, "3")),
    ],
  };
}

async function detectGemini(machine: Machine): Promise<AgentCli> {
  const found = await detectCli(machine, CLI);
  if (!found.installed) return found;
  const env = await machine.environment();
  const hasKey = ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA"].some(
    (name) => (env[name] ?? "") !== "",
  );
  const folder = `${machine.homeDir}/.gemini`;
  const hasAccount = (await machine.stat(`${folder}/oauth_creds.json`)) !== undefined;
  if (hasKey || hasAccount) return { ...found, signIn: "signed_in" };
  // A key may be in the keychain or in a .env file; only where nothing was ever chosen is it certain.
  const settings = await machine.readFile(`${folder}/settings.json`);
  return settings?.includes("selectedType") === true ? found : { ...found, signIn: "signed_out", advice: SIGN_IN };
}

const messageSchema = z.object({
  type: z.string(),
  content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).optional(),
});
const chatLineSchema = z.object({
  sessionId: z.string().optional(),
  type: z.string().optional(),
  content: messageSchema.shape.content,
  $set: z.object({ messages: z.array(messageSchema).optional() }).optional(),
});

/** `~/.gemini/tmp/<project>/chats/session-*.jsonl`; `.project_root` beside it names the folder. */
async function pastSessions(machine: Machine, limit: number): Promise<readonly PastSession[]> {
  const tmp = `${machine.homeDir}/.gemini/tmp`;
  const folders = (await machine.listDir(tmp)).map((project) => `${tmp}/${project}/chats`);
  const files = await newestFiles(machine, folders, { matches: /^session-.*\.jsonl$/, limit });
  const sessions = await Promise.all(files.map((file) => readChat(machine, file)));
  return sessions.filter((session) => session !== undefined);
}

async function readChat(machine: Machine, file: TranscriptFile): Promise<PastSession | undefined> {
  const lines = jsonLines(await machine.readFile(file.path, { maxBytes: 256 * 1024 }), chatLineSchema);
  const root = await machine.readFile(file.path.replace(/\/chats\/[^/]+$/, "/.project_root"));
  const id = lines.find((line) => line.sessionId !== undefined)?.sessionId;
  const messages = lines.flatMap((line) => [
    ...(line.$set?.messages ?? []),
    ...(line.type === undefined ? [] : [{ type: line.type, content: line.content }]),
  ]);
  const texts = messages.filter((message) => message.type === "user").map((message) => plainText(message.content));
  const title = texts.find((text) => text !== "" && !text.startsWith("<"));
  if (id === undefined || root === undefined || title === undefined) return undefined;
  return {
    agent: CLI.id,
    cliSessionId: id,
    cwd: root.trim(),
    title: promptTitle(title),
    updatedAt: file.modifiedAtIso,
  };
}

function plainText(content: z.infer<typeof messageSchema>["content"]): string {
  if (content === undefined) return "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join(" ");
}
