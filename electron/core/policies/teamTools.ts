/** The MCP tools by which agents reach their team and the person. Texts are short: every turn of every agent pays for them. */
import { z } from "zod";
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import { amountText } from "#shared/lib/amountWords.ts";
import { handoverSchema } from "#shared/model/catalogue/handover.ts";
import { MAIL_PRIORITIES, MAX_MAIL_TEXT } from "#shared/model/mail.ts";
import type { Mail } from "#shared/model/mail.ts";
import type { Result } from "#shared/model/result.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { AgentToolAnswer } from "#core/ports/agentDesk.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Budgets } from "#core/budgets/index.ts";
import { shortName } from "#core/mailboxes/index.ts";
import type { Mailboxes, Team } from "#core/mailboxes/index.ts";
import type { Recorder } from "#core/store/index.ts";
import type { AgentAsks } from "./agentAsks.ts";
import type { DeskTool, ToolCall, ToolCaller } from "./agentTools.ts";
import { handOverWork } from "./handOverWork.ts";

export interface TeamToolsDeps {
  readonly mailboxes: Mailboxes;
  readonly team: Team;
  readonly budgets: Budgets;
  readonly asks: AgentAsks;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly newId: () => string;
  /** The snapshot of what is remembered in a context; absent: memory keeps none. */
  readonly snapshot?: (contextId: string) => Promise<string | undefined>;
}

const to = z.string().min(1).max(200).describe("agent id, role:NAME or all");
const sendInput = z.object({
  to,
  text: z.string().min(1).max(MAX_MAIL_TEXT),
  priority: z.enum(MAIL_PRIORITIES).optional(),
});
const handInput = z.object({
  to,
  intent: handoverSchema.shape.intent.describe("what to do next"),
  status: handoverSchema.shape.status.optional(),
  context_id: handoverSchema.shape.context_id.optional(),
  last_tool_output: z.object({ tool: z.string(), server: z.string(), result: z.unknown() }).optional(),
  snapshot: z.string().min(1).max(2000).optional(),
  tokens: z.number().int().positive().optional().describe("budget; default half of yours"),
});
const progressInput = z.object({
  text: z.string().min(1).max(2000),
  percent: z.number().min(0).max(100).optional(),
  status: z.enum(["working", "done", "failed", "blocked"]).optional(),
});
const askInput = z.object({
  question: z.string().min(1).max(4000),
  options: z.array(z.string().min(1).max(200)).max(6).optional(),
});
const none = z.object({});
/** A turn's worth; the rest is read in the next one. */
const READ_AT_ONCE = 20;

export function teamTools(deps: TeamToolsDeps): readonly DeskTool[] {
  return [
    tool("send_message", "Message an agent, a role or all.", sendInput, (args, { caller }) => send(deps, caller, args)),
    { ...tool("read_inbox", "Read messages that wait for you.", none, (_, { caller }) => read(deps, caller)) },
    tool("hand_over", "Hand work to another agent, with its context and token budget.", handInput, (args, { caller }) =>
      handOver(deps, caller, args),
    ),
    {
      ...tool("list_team", "Who is on your team and what they do.", none, (_, { caller }) => list(deps, caller)),
      isReadOnly: true,
    },
    tool("report_progress", "Tell how far you are.", progressInput, (args, { caller }) => progress(deps, caller, args)),
    tool("ask_person", "Ask the person; waits for the answer.", askInput, (args, call) => ask(deps, call, args)),
  ];
}

/** Parsed here once more: nothing reaches a slice that was not. */
export function tool<I extends z.ZodObject>(
  name: string,
  description: string,
  ...[input, run]: [I, (args: z.output<I>, call: ToolCall) => Promise<AgentToolAnswer>]
): DeskTool {
  return {
    name,
    description,
    input,
    isReadOnly: false,
    run: async (call) => {
      const parsed = input.safeParse(call.args);
      return parsed.success ? run(parsed.data, call) : failed(z.prettifyError(parsed.error));
    },
  };
}

export function said(text: string): AgentToolAnswer {
  return { text, isError: false };
}

export function failed(text: string): AgentToolAnswer {
  return { text, isError: true };
}

export function answered<T>(result: Result<T>, words: (value: T) => string): AgentToolAnswer {
  return result.ok ? said(words(result.value)) : failed(result.error.message);
}

async function send(
  deps: TeamToolsDeps,
  { path, fleet }: ToolCaller,
  args: z.output<typeof sendInput>,
): Promise<AgentToolAnswer> {
  const priority = args.priority === undefined ? {} : { priority: MAIL_PRIORITIES.indexOf(args.priority) };
  const posted = await deps.mailboxes.post({ from: path, fleet, to: args.to, text: args.text, ...priority });
  return answered(posted, (value) => value.to.map(whereIs).join("\n"));
}

/** Where a message is, as its sender hears it. */
function whereIs({ to: path, state, detail }: Mail): string {
  const name = shortName(path);
  if (state === "delivered" || state === "delivering") return `Delivered to ${name}.`;
  return state === "waiting"
    ? `Waits for ${name}: ${detail ?? "not ready yet"}.`
    : `Not delivered to ${name}: ${detail ?? state}.`;
}

function read(deps: TeamToolsDeps, { path }: ToolCaller): Promise<AgentToolAnswer> {
  const taken = deps.mailboxes.take(path, READ_AT_ONCE);
  const left = deps.mailboxes.waitingCount(path);
  const words = taken.map((mail) => `From ${shortName(mail.from)}: ${deps.mailboxes.wordsOf(mail)}`);
  const more = left === 0 ? [] : [`${left} more wait.`];
  return Promise.resolve(said(taken.length === 0 ? "Nothing waits." : [...words, ...more].join("\n\n")));
}

async function handOver(
  deps: TeamToolsDeps,
  caller: ToolCaller,
  args: z.output<typeof handInput>,
): Promise<AgentToolAnswer> {
  const { path, fleet } = caller;
  const context_id = args.context_id ?? `ctx-${deps.newId()}`;
  const { last_tool_output: output } = args;
  const timestamp = toIsoTime(deps.clock.wallNow());
  const snapshot = args.snapshot ?? (await deps.snapshot?.(context_id));
  const work = {
    context_id,
    intent: args.intent,
    last_tool_output: output === undefined ? null : { ...output, result: output.result ?? null, timestamp },
    memory_snapshot_url: snapshot ?? null,
    status: args.status ?? "requested",
  };
  const slices = { mailboxes: deps.mailboxes, budgets: deps.budgets };
  const handed = await handOverWork(slices, { from: path, fleet, to: args.to, work, tokens: args.tokens });
  return answered(handed, ({ to: mails, tokens, note }) => {
    const budget = tokens === undefined ? "" : ` With ${amountText(tokens, "tokens")}.`;
    return `${mails.map(whereIs).join("\n")}${budget}${note === undefined ? "" : ` ${note}`}`;
  });
}

function list(deps: TeamToolsDeps, { path, fleet }: ToolCaller): Promise<AgentToolAnswer> {
  const lines = deps.team
    .members(fleet)
    .filter(({ isOnTeam }) => isOnTeam)
    .map((member) => {
      const role = member.role === undefined ? "" : ` (${member.role})`;
      const waiting = deps.mailboxes.waitingCount(member.path);
      const mail = waiting === 0 ? "" : `, ${waiting} waiting`;
      return `${member.id}${member.path === path ? " = you" : ""}${role}: ${member.agent}, ${member.state}${mail}`;
    });
  return Promise.resolve(said(lines.join("\n")));
}

function progress(
  deps: TeamToolsDeps,
  caller: ToolCaller,
  args: z.output<typeof progressInput>,
): Promise<AgentToolAnswer> {
  const { path, sessionId } = caller;
  const data = { path, sessionId, status: args.status ?? "working", text: args.text, percent: args.percent ?? null };
  const subject = agentSubject(path, "progress_reported");
  deps.recorder.note({ subject, type: "agent.progress_reported", actor: "agent", data });
  return Promise.resolve(said("Noted."));
}

async function ask(
  deps: TeamToolsDeps,
  call: ToolCall,
  { question, options = [] }: z.output<typeof askInput>,
): Promise<AgentToolAnswer> {
  const answer = await deps.asks.ask({ path: call.caller.path, question, options }, call.signal);
  return answered(answer, (given) => given ?? LATER);
}

const LATER = "No answer yet. It will reach you as a message: go on with something else, or end your turn.";
