/**
 * One call of a tool from its order to its record: who may, whether it fits, the server's readiness, the call itself
 * within its time, what came back held against what was promised. Exactly one record and one event, whatever happens.
 */
import type { Clock } from "#core/ports/clock.ts";
import type { McpAnswer, McpConnection, McpFailure } from "#core/ports/mcpClient.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { ErrorCode, Rejection, Result } from "#shared/model/result.ts";
import { MOST_TOOL_TIMEOUT_MS } from "#shared/model/toolServer.ts";
import type { Tool, ToolCaller, ToolOutcome } from "#shared/model/toolServer.ts";
import { mayCall } from "./grants.ts";
import type { LiveServer } from "./liveServer.ts";

export interface ToolOrder {
  /** `id`, or `fleet/id`; an id alone is enough where it is unambiguous, and a caller's own fleet goes first. */
  readonly server: string;
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  readonly by: ToolCaller;
  readonly contextId?: string | undefined;
  readonly correlationId?: string | undefined;
  /** The server's own by default. */
  readonly timeoutMs?: number | undefined;
  /** Not from the cache. */
  readonly fresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a call ended, before it is written down. `refused` and `denied` never left this machine. */
export interface Ending {
  readonly outcome: "completed" | "failed" | "refused" | "denied";
  readonly result: Result<McpAnswer>;
  /** What came back, also where it is refused. */
  readonly answer?: McpAnswer;
  readonly attempts: number;
  /** It is another call's answer, from the cache. */
  readonly cached?: { readonly from: string; readonly atMs: number };
}

/** One megabyte, as for every message (mission 6.5). */
const MOST_ARGS_CHARS = 1024 * 1024;
/** Calls of one server under way at once; the newest is refused. */
const MOST_UNDER_WAY = 32;
/** Transport errors only, and only where the server has certainly not heard of the call (MS-A15). */
const MOST_ATTEMPTS = 4;
const RETRY_MS = 250;

/** Everything that can be told without asking the server. Undefined: the call may go out. */
export function refusal(server: LiveServer, order: ToolOrder): Ending | undefined {
  if (!mayCall({ fleet: server.fleet, allow: server.spec.allow }, order.by, order.tool)) {
    const who = order.by.id ?? `This ${order.by.kind}`;
    const message = `${who} may not call ${order.tool} of ${server.key}. A person can grant it: "allow" of the server's entry in the fleet file, or "signalbox tools add … --allow".`;
    return ended("denied", fail("forbidden", message));
  }
  const isOff = server.standing.state === "disabled";
  if (isOff) return ended("refused", fail("conflict", `${server.key} is disabled. Enable it first.`));
  if (server.callsUnderWay >= MOST_UNDER_WAY)
    return ended(
      "refused",
      fail("throttled", `${MOST_UNDER_WAY} calls of ${server.key} are under way. Try again when one has ended.`),
    );
  return undefined;
}

/** Held against the schema once the server's tools are known. */
export async function checkArguments(server: LiveServer, order: ToolOrder): Promise<Result<Tool>> {
  const tool = server.tools.find(({ name }) => name === order.tool);
  if (tool === undefined) return unknownTool(server, order.tool);
  if (tool.problem !== undefined) return fail("bad_answer", `${tool.name} cannot be called: ${tool.problem}`);
  const args = order.args ?? {};
  const chars = JSON.stringify(args).length;
  if (chars > MOST_ARGS_CHARS)
    return fail("too_large", `The arguments have ${chars} characters, and ${MOST_ARGS_CHARS} is the limit.`);
  const check = await server.schemas.input(tool);
  if (!check.ok) return fail("bad_answer", `${tool.name} cannot be called: ${check.error.message}`);
  const problem = check.value.problem(args);
  return problem === undefined ? ok(tool) : fail("bad_request", `The arguments do not fit ${tool.name}: ${problem}`);
}

function unknownTool(server: LiveServer, name: string): Result<Tool> {
  const names = server.tools.map((tool) => tool.name);
  const meant = nearest(name, names);
  const rest = meant === undefined ? `It has ${names.slice(0, 20).join(", ") || "none"}.` : `Did you mean ${meant}?`;
  return fail("not_found", `${server.key} has no tool ${name}. ${rest}`);
}

export interface CallDeps {
  readonly clock: Clock;
  /** A person's call is the consent to start the server. */
  readonly mayStart: boolean;
}

/** From here on the server is asked. */
export async function perform(server: LiveServer, order: ToolOrder, deps: CallDeps): Promise<Ending> {
  const timeoutMs = Math.min(order.timeoutMs ?? server.spec.timeoutMs, MOST_TOOL_TIMEOUT_MS);
  const deadline = deps.clock.now() + timeoutMs;
  const left = (): number => deadline - deps.clock.now();
  let attempts = 0;
  let last: Rejection = { code: "timeout", message: `${server.key} was not up within ${timeoutMs / 1000} s.` };
  while (attempts < MOST_ATTEMPTS && left() > 0) {
    attempts += 1;
    const connection = await readyConnection(server, deps, left());
    if (!connection.ok) return ended("refused", connection, attempts);
    const tool = await checkArguments(server, order);
    if (!tool.ok) return ended("refused", tool, attempts);
    const answered = await ask(connection.value, order, Math.max(1, left()));
    if (answered.ok) return { ...(await judge(server, tool.value, answered.value)), attempts };
    last = rejectionOf(server, order, answered.error);
    if (answered.error.code !== "unreached" || order.signal?.aborted === true) {
      if (answered.error.code === "timeout") afterSilence(server, order.tool, timeoutMs);
      return ended("failed", { ok: false, error: last }, attempts);
    }
    await pause(deps.clock, Math.min(RETRY_MS * 2 ** (attempts - 1), Math.max(0, left())));
  }
  server.troubled(last.message);
  void server.suspect();
  return ended("failed", { ok: false, error: last }, attempts);
}

async function readyConnection(server: LiveServer, deps: CallDeps, waitMs: number): Promise<Result<McpConnection>> {
  if (server.connection?.isOpen === true && server.standing.state !== "verifying") return ok(server.connection);
  if (!server.isUp) {
    if (!deps.mayStart)
      return fail(
        "not_running",
        `${server.key} does not run. It starts with its fleet, or when a person verifies it: "signalbox tools verify ${server.key}".`,
      );
    const started = await server.start();
    if (!started.ok) return started;
  } else if (deps.mayStart) await server.start();
  return server.waiters.wait(deps.clock, waitMs);
}

async function ask(
  connection: McpConnection,
  order: ToolOrder,
  timeoutMs: number,
): Promise<Result<McpAnswer, McpFailure>> {
  const meta = {
    ...(order.contextId === undefined ? {} : { "signalbox/contextId": order.contextId }),
    ...(order.correlationId === undefined ? {} : { "signalbox/correlationId": order.correlationId }),
  };
  return connection.callTool({
    tool: order.tool,
    args: order.args ?? {},
    timeoutMs,
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
    ...(order.signal === undefined ? {} : { signal: order.signal }),
  });
}

/** An answer is held against what the tool promised; one that lies is refused, and stays on the record. */
async function judge(server: LiveServer, tool: Tool, answer: McpAnswer): Promise<Omit<Ending, "attempts">> {
  if (answer.isError) {
    server.recovered();
    const text = textOf(answer) || `${tool.name} failed and gave no reason.`;
    return { outcome: "failed", result: fail("tool_failed", text.slice(0, 2_000)), answer };
  }
  const lie = await lieOf(server, tool, answer);
  if (lie !== undefined) {
    const message = `${tool.name} of ${server.key} answered what its schema does not allow: ${lie}`;
    server.troubled(message);
    return { outcome: "failed", result: fail("bad_answer", message), answer };
  }
  server.recovered();
  return { outcome: "completed", result: ok(answer), answer };
}

async function lieOf(server: LiveServer, tool: Tool, answer: McpAnswer): Promise<string | undefined> {
  const check = await server.schemas.output(tool);
  if (check === undefined) return undefined;
  if (!check.ok) return check.error.message;
  if (answer.structured === undefined) return "it promised structured content and gave none.";
  return check.value.problem(answer.structured);
}

/** Only this call waited in vain, or the server answers nobody: that is looked at beside the caller. */
function afterSilence(server: LiveServer, tool: string, timeoutMs: number): void {
  server.troubled(`${tool} gave no answer within ${timeoutMs / 1000} s.`);
  void server.suspect();
}

const CODES: Readonly<Record<McpFailure["code"], ErrorCode>> = {
  unreached: "disconnected",
  disconnected: "disconnected",
  timeout: "timeout",
  too_large: "too_large",
  refused: "tool_failed",
  bad_answer: "bad_answer",
};

function rejectionOf(server: LiveServer, order: ToolOrder, { code, message }: McpFailure): Rejection {
  if (order.signal?.aborted === true) return { code: "disconnected", message: `The call of ${order.tool} ${GIVEN_UP}` };
  if (code === "disconnected")
    return {
      code: CODES[code],
      message: `${server.key} ended in the middle of ${order.tool}; how far it came is not known. It is started again; look at what was done before you repeat the call.`,
    };
  return { code: CODES[code], message: `${order.tool} of ${server.key}: ${message}` };
}

/** How the words of a call end that nobody waits for any more. */
export const GIVEN_UP = "was given up by its caller.";

function ended(
  outcome: Exclude<Ending["outcome"], "completed">,
  result: { readonly ok: false; readonly error: Rejection },
  attempts = 0,
): Ending {
  return { outcome, result, attempts };
}

export function textOf(answer: McpAnswer): string {
  return answer.content
    .flatMap((block) => (block["type"] === "text" && typeof block["text"] === "string" ? [block["text"]] : []))
    .join("\n");
}

export function outcomeOf(
  call: Pick<ToolOutcome, "callId" | "server" | "tool" | "tookMs" | "attempts" | "cachedFrom" | "cachedAt">,
  answer: McpAnswer,
): ToolOutcome {
  return {
    ...call,
    content: answer.content.map((block) => ({ ...block })),
    ...(answer.structured === undefined ? {} : { structured: answer.structured }),
    text: textOf(answer),
  };
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
