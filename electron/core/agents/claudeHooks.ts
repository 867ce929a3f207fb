/** Claude Code's hooks: which are injected, what they say, and how a held permission request is decided. */
import { z } from "zod";

import type { AgentAsk, AskOption } from "#core/ports/agentAdapter.ts";
import type { HookPayload } from "#core/ports/hookIngest.ts";
import type { hookEventSchema } from "#shared/model/catalogue/hook.ts";
import type { Choice } from "./askDesk.ts";
import { isIrreversible } from "./irreversible.ts";
import { HOOK_TOKEN_VARIABLE } from "./toolInjection.ts";

/** Only events every supported version knows: an unknown name opens a blocking "Settings Warning" dialog. */
const EVENTS = ["UserPromptSubmit", "PreToolUse", "PostToolUse", "Notification", "Stop"] as const;
const QUICK_TIMEOUT_S = 5;
/** A permission waits for a person; Claude shows its own dialog meanwhile, whichever is answered first wins. */
const PERMISSION_TIMEOUT_S = 12 * 60 * 60;

/** Text of a settings file for `--settings`; Claude merges it with the person's own. `agreed`: tools nobody is asked for. */
export function hookSettings(url: string, agreed: readonly string[] = []): string {
  const hook = (timeout: number): unknown => [
    {
      hooks: [
        {
          type: "http",
          url,
          // Read by Claude from the environment, so that the token is in no file.
          headers: { Authorization: `Bearer $${HOOK_TOKEN_VARIABLE}` },
          allowedEnvVars: [HOOK_TOKEN_VARIABLE],
          timeout,
        },
      ],
    },
  ];
  const quick = EVENTS.map((event) => [event, hook(QUICK_TIMEOUT_S)] as const);
  return JSON.stringify(
    {
      hooks: { ...Object.fromEntries(quick), PermissionRequest: hook(PERMISSION_TIMEOUT_S) },
      ...(agreed.length === 0 ? {} : { permissions: { allow: agreed } }),
    },
    undefined,
    2,
  );
}

export type HookEvent = z.infer<typeof hookEventSchema>;
export type ToolInput = NonNullable<HookEvent["tool_input"]>;

const questionSchema = z.object({
  question: z.string(),
  header: z.string().optional(),
  multiSelect: z.boolean().optional(),
  options: z.array(z.object({ label: z.string(), description: z.string().optional() })),
});
export type Question = z.infer<typeof questionSchema>;

/** The questions of an AskUserQuestion call; empty when this is an ordinary tool. */
export function questionsOf(event: HookEvent): readonly Question[] {
  if (event.tool_name !== "AskUserQuestion") return [];
  const parsed = z.array(questionSchema).safeParse(event.tool_input?.["questions"]);
  return parsed.success ? parsed.data : [];
}

export const PERMISSION_OPTIONS: readonly AskOption[] = [
  { id: "allow", label: "Allow once", key: "y", takesText: false },
  {
    id: "allow_session",
    label: "Allow for this session",
    hint: "Exactly this; forgotten when the session ends",
    key: "s",
    takesText: false,
  },
  { id: "deny", label: "Deny", key: "n", takesText: false },
  { id: "deny_say", label: "Deny and say what to do instead", key: "e", takesText: true },
];

export function permissionAsk(event: HookEvent): Omit<AgentAsk, "id"> {
  const input = event.tool_input ?? {};
  const tool = event.tool_name ?? "a tool";
  const body = requestBody(input);
  const reason = text(input["description"]);
  const ask = {
    kind: "permission",
    title: requestTitle(tool, input),
    body,
    irreversible: isIrreversible(text(input["command"]) ?? ""),
    options: PERMISSION_OPTIONS,
    via: "hook",
  } as const;
  return reason === undefined ? ask : { ...ask, reason };
}

export function questionAsk(question: Question): Omit<AgentAsk, "id"> {
  const options = question.options.map((option, index): AskOption => {
    const known = { id: String(index + 1), label: option.label, key: String(index + 1), takesText: false };
    return option.description === undefined ? known : { ...known, hint: option.description };
  });
  const free: AskOption = {
    id: "text",
    label: question.multiSelect === true ? "Several, or something else" : "Something else",
    key: String(options.length + 1),
    takesText: true,
  };
  return {
    kind: "question",
    title: question.header ?? "Question",
    body: question.question,
    irreversible: false,
    options: [...options, free],
    via: "hook",
  };
}

/** The decision body of a held PermissionRequest. */
export function permissionDecision(event: HookEvent, choice: Choice): HookPayload {
  switch (choice.option) {
    case "allow":
      return decision({ behavior: "allow" });
    case "allow_session":
      return decision({ behavior: "allow", updatedPermissions: [sessionRule(event)] });
    default:
      return decision({ behavior: "deny", message: choice.text ?? "A person denied this." });
  }
}

export function answersDecision(event: HookEvent, answers: Readonly<Record<string, string>>): HookPayload {
  return decision({ behavior: "allow", updatedInput: { ...event.tool_input, answers } });
}

/** The person's settings files are never written: the rule lives in the session, and covers no more than was seen. */
function sessionRule(event: HookEvent): HookPayload {
  const suggested = event.permission_suggestions?.find((suggestion) => suggestion["type"] === "addRules");
  if (suggested !== undefined) return { ...suggested, destination: "session" };
  const command = text(event.tool_input?.["command"]);
  const toolName = event.tool_name ?? "";
  const rule = toolName === "Bash" && command !== undefined ? { toolName, ruleContent: command } : { toolName };
  return { type: "addRules", rules: [rule], behavior: "allow", destination: "session" };
}

/** What a braked agent hears at the borders where Claude asks: no new prompt, no more tools, and the turn ends there. */
export function brakeDecision(event: HookEvent, sentence: string): HookPayload | undefined {
  switch (event.hook_event_name) {
    case "UserPromptSubmit":
      return { decision: "block", reason: sentence };
    case "PreToolUse":
      return {
        continue: false,
        stopReason: sentence,
        hookSpecificOutput: {
          hookEventName: "PreToolUse",
          permissionDecision: "deny",
          permissionDecisionReason: sentence,
        },
      };
    case "PostToolUse":
      return { continue: false, stopReason: sentence };
    default:
      return undefined;
  }
}

function decision(body: HookPayload): HookPayload {
  return { hookSpecificOutput: { hookEventName: "PermissionRequest", decision: body } };
}

const TITLES: Readonly<Record<string, string>> = {
  Bash: "Run a command",
  Edit: "Edit a file",
  MultiEdit: "Edit a file",
  Write: "Write a file",
  NotebookEdit: "Edit a notebook",
  Read: "Read a file",
  WebFetch: "Fetch a page",
  WebSearch: "Search the web",
  ExitPlanMode: "Start on this plan",
};

function requestTitle(tool: string, input: ToolInput): string {
  const [, server, name] = /^mcp__(.+?)__(.+)$/.exec(tool) ?? [];
  if (server !== undefined && name !== undefined) return `Use ${name} of ${server}`;
  const file = text(input["file_path"])?.split(/[/\\]/).at(-1);
  if (file !== undefined && (tool === "Edit" || tool === "Write")) return `${tool} ${file}`;
  return TITLES[tool] ?? `Use ${tool}`;
}

/** What a person must see to decide; long inputs are cut, the terminal shows the rest. */
function requestBody(input: ToolInput): string {
  const main = ["command", "file_path", "notebook_path", "url", "query", "plan", "path"]
    .map((name) => text(input[name]))
    .find((value) => value !== undefined);
  return (main ?? JSON.stringify(input, undefined, 1)).slice(0, 4_000);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
