/** tools: MCP servers and what can be called on them; what was called by whom. */
import { clockWords, durationWords, plural } from "#shared/lib/words.ts";
import { parseDuration } from "#shared/model/fleetFile.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { toolCallOutcomeSchema } from "#shared/model/toolServer.ts";
import type { ToolCall, ToolServer } from "#shared/model/toolServer.ts";
import type { CommandInput } from "#shared/contract/index.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { runVerb, show, wholeNumber } from "./command.ts";
import type { CliContext, Command, Verb } from "./command.ts";
import { usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { table } from "./output.ts";

const VERBS: Readonly<Record<string, Verb>> = {
  ls: { usage: "ls", takes: 0, run: list },
  show: { usage: "show SERVER [TOOL]", takes: 1, run: showOne },
  find: { usage: "find WORDS [--tag TAG]", takes: 0, run: find },
  call: { usage: "call SERVER TOOL [JSON] [--fresh] [--timeout 60s] [--context ID]", takes: 2, run: call },
  add: {
    usage:
      "add ID (--url URL [--header NAME=VALUE] | [--env NAME=VALUE] -- COMMAND [ARG…]) [--allow AGENT] [--tag TAG]",
    takes: 1,
    run: add,
  },
  verify: { usage: "verify SERVER", takes: 1, run: verify },
  enable: { usage: "enable SERVER", takes: 1, run: (...given) => change("enable", given) },
  disable: { usage: "disable SERVER", takes: 1, run: (...given) => change("disable", given) },
  stop: { usage: "stop SERVER", takes: 1, run: (...given) => change("stop", given) },
  "drop-answers": { usage: "drop-answers SERVER", takes: 1, run: dropAnswers },
  rm: { usage: "rm SERVER", takes: 1, run: remove },
  calls: { usage: "calls [SERVER [TOOL]] [--outcome failed] [--limit N]", takes: 0, run: calls },
};

/** A command line may be long. */
const MOST_ARGS = 100;

export const toolCommands: Readonly<Record<string, Command>> = {
  tools: {
    usage: `tools [${Object.keys(VERBS).join("|")}] …`,
    summary: "MCP servers and their tools: what there is, try one, who called what",
    options: {
      url: { type: "string" },
      header: { type: "string", multiple: true },
      env: { type: "string", multiple: true },
      cwd: { type: "string" },
      allow: { type: "string", multiple: true },
      tag: { type: "string", multiple: true },
      about: { type: "string" },
      timeout: { type: "string" },
      context: { type: "string" },
      fresh: { type: "boolean" },
      outcome: { type: "string" },
      limit: { type: "string" },
    },
    takes: [0, MOST_ARGS],
    run: (context) => runVerb(context, { command: "tools", verbs: VERBS, usual: "ls" }),
  },
};

const NONE =
  'No MCP server is known. Declare one under "servers" of a fleet file, or add one: signalbox tools add memory -- npx -y @modelcontextprotocol/server-memory';

async function list(client: ConnectedClient, context: CliContext): Promise<Outcome> {
  const listed = await client.query("registry.servers", {});
  return show(context, listed, (servers) =>
    servers.length === 0
      ? [NONE]
      : table([["SERVER", "STATE", "TOOLS", "RESTARTS", "WHERE", "DETAIL"], ...servers.map(serverRow)]),
  );
}

function serverRow(server: ToolServer): string[] {
  const where = server.where.length > 60 ? `${server.where.slice(0, 59)}…` : server.where;
  return [server.key, server.state, toolsWord(server), String(server.restarts), where, server.detail ?? ""];
}

/** "12", or "12, 1 broken". */
function toolsWord({ tools }: ToolServer): string {
  const broken = tools.filter(({ problem }) => problem !== undefined).length;
  return broken === 0 ? String(tools.length) : `${tools.length}, ${broken} broken`;
}

async function showOne(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [ref = "", tool] = args;
  if (tool !== undefined) {
    const found = await client.query("registry.tool", { server: ref, tool });
    return show(context, found, ({ name, description, hints, problem, inputSchema, outputSchema }) => [
      [name, ...hints.map((hint) => hint.replace("_", " "))].join(" · "),
      ...(problem === undefined ? [] : [`Cannot be called: ${problem}`]),
      description,
      `input ${JSON.stringify(inputSchema, undefined, 2)}`,
      ...(outputSchema === undefined ? [] : [`output ${JSON.stringify(outputSchema, undefined, 2)}`]),
    ]);
  }
  const listed = await client.query("registry.servers", {});
  const found = listed.ok ? named(listed.value, ref) : listed;
  return show(context, found, serverLines);
}

function named(servers: readonly ToolServer[], ref: string): Result<ToolServer> {
  const found = servers.filter(({ key, id }) => key === ref || id === ref);
  const exact = found.find(({ key }) => key === ref) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return ok(exact);
  if (found.length > 1) return fail("ambiguous", `${ref} is ${found.map(({ key }) => key).join(" and ")}. Say which.`);
  return fail("not_found", `There is no server ${ref}. "signalbox tools ls" lists them.`);
}

function serverLines(server: ToolServer): string[] {
  const now = Date.now();
  const speaks = [server.software, server.protocol === undefined ? undefined : `MCP ${server.protocol}`];
  return [
    `${server.key}  ${server.state}  since ${clockWords(Date.parse(server.since), now)}`,
    `  ${server.where}`,
    ...(server.detail === undefined ? [] : [`  ${server.detail}`]),
    ...speaks.flatMap((word) => (word === undefined ? [] : [`  ${word}`])),
    `  restarts ${server.restarts}`,
    ...cacheLines(server),
    ...(server.warnings ?? []).map((warning) => `  warning: ${warning}`),
    ...(server.lastError === undefined
      ? []
      : [`  last error ${clockWords(Date.parse(server.lastError.at), now)}: ${server.lastError.message}`]),
    ...table(
      server.tools.map(({ name, description, problem }) => [
        `  ${name}`,
        (problem === undefined ? description : `cannot be called: ${problem}`).slice(0, 100),
      ]),
    ),
  ];
}

function cacheLines({ cache }: ToolServer): string[] {
  if (cache === undefined) return [];
  const { tools, forMs, answers, doubts } = cache;
  return [
    `  cache ${tools.join(", ")} for ${durationWords(forMs)}, ${plural(answers, "answer")} kept`,
    ...doubts.map((doubt) => `  look at it: ${doubt}`),
  ];
}

async function find(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const tags = context.texts("tag");
  const found = await client.query("registry.find", {
    ...(args.length === 0 ? {} : { text: args.join(" ") }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  });
  return show(context, found, (entries) =>
    entries.length === 0
      ? ["Nothing known can do that."]
      : table([
          ["KIND", "ID", "STATE", "WHAT"],
          ...entries.map(({ kind, id, state, description }) => [kind, id, state ?? "", description.slice(0, 80)]),
        ]),
  );
}

async function call(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [server = "", tool = "", json = "{}"] = args;
  const given = readObject(json);
  if (given === undefined) return usage(`The arguments are a JSON object, such as '{"message":"hello"}'.`);
  const timeout = context.text("timeout");
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && timeoutMs === undefined) return usage('--timeout is a duration such as "30s" or "5m".');
  const contextId = context.text("context");
  const called = await client.command("registry.invoke", {
    server,
    tool,
    args: given,
    ...(context.has("fresh") ? { fresh: true } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(contextId === undefined ? {} : { contextId }),
  });
  return show(context, called, ({ text, content, structured, cachedAt }) => {
    // Beside the answer, which may be piped on.
    if (cachedAt !== undefined) context.out.complain(cachedWords(cachedAt));
    if (text !== "") return [text];
    return [JSON.stringify(structured ?? content, undefined, 2)];
  });
}

function cachedWords(at: string): string {
  return `From the cache, answered ${clockWords(Date.parse(at), Date.now())}; --fresh asks anew.`;
}

function readObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

async function add(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [id = "", ...line] = args;
  const transport = readTransport(context, line);
  if (!transport.ok) return usage(transport.error.message);
  const about = context.text("about");
  const agents = context.texts("allow");
  const added = await client.command("registry.add", {
    id,
    transport: transport.value,
    tags: [...context.texts("tag")],
    allow: agents.length === 0 ? [] : [{ agents: [...agents] }],
    ...(about === undefined ? {} : { description: about }),
  });
  // Double quotes would have the shell put the secret in its place.
  if (!added.ok && added.error.details?.["variable"] !== undefined)
    context.out.complain("Write it in single quotes, so that your shell leaves it as it is.");
  return show(context, added, ({ key }) => [
    `${key} is registered; nothing was started. "signalbox tools verify ${key}" starts it and lists its tools.`,
  ]);
}

function readTransport(
  context: CliContext,
  line: readonly string[],
): Result<CommandInput<"registry.add">["transport"]> {
  const url = context.text("url");
  const [command, ...args] = line;
  if ((url === undefined) === (command === undefined))
    return fail("bad_request", "Give either --url or, after --, the command that starts the server.");
  const pairs = readPairs(context.texts(url === undefined ? "env" : "header"));
  if (!pairs.ok) return pairs;
  if (url !== undefined) return ok({ type: "http", url, headers: pairs.value });
  const cwd = context.text("cwd");
  return ok({ type: "stdio", command: command ?? "", args, env: pairs.value, ...(cwd === undefined ? {} : { cwd }) });
}

function readPairs(texts: readonly string[]): Result<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1) return fail("bad_request", `"${text}" is not NAME=VALUE.`);
    pairs.push([text.slice(0, at), text.slice(at + 1)]);
  }
  return ok(Object.fromEntries(pairs));
}

async function verify(
  client: ConnectedClient,
  context: CliContext,
  [server = ""]: readonly string[],
): Promise<Outcome> {
  return show(context, await client.command("registry.verify", { server }), serverLines);
}

async function change(
  verb: "enable" | "disable" | "stop",
  [client, context, [server = ""]]: Parameters<Verb["run"]>,
): Promise<Outcome> {
  const changed = await client.command(`registry.${verb}`, { server });
  return show(context, changed, ({ key, state }) => [`${key} is ${state}`]);
}

async function remove(
  client: ConnectedClient,
  context: CliContext,
  [server = ""]: readonly string[],
): Promise<Outcome> {
  return show(context, await client.command("registry.remove", { server }), ({ key }) => [`${key} removed`]);
}

async function dropAnswers(
  client: ConnectedClient,
  context: CliContext,
  [server = ""]: readonly string[],
): Promise<Outcome> {
  const dropped = await client.command("registry.dropAnswers", { server });
  return show(context, dropped, (told) => [`${plural(told.dropped, "answer")} of ${told.key} dropped`]);
}

async function calls(client: ConnectedClient, context: CliContext, args: readonly string[]): Promise<Outcome> {
  const [server, tool] = args;
  const limit = wholeNumber(context, "limit");
  if (limit === "invalid" || limit === 0) return usage("--limit is a whole number above 0.");
  const said = context.text("outcome");
  const outcome = toolCallOutcomeSchema.safeParse(said);
  if (said !== undefined && !outcome.success)
    return usage(`--outcome is one of ${toolCallOutcomeSchema.options.join(", ")}.`);
  const found = await client.query("registry.calls", {
    ...(server === undefined ? {} : { server }),
    ...(tool === undefined ? {} : { tool }),
    ...(outcome.success ? { outcome: outcome.data } : {}),
    ...(limit === undefined ? {} : { limit: Math.min(limit, 500) }),
  });
  return show(context, found, (list) =>
    list.length === 0
      ? ["No call is recorded."]
      : table([["WHEN", "SERVER", "TOOL", "BY", "OUTCOME", "TOOK", "DETAIL"], ...list.map(callRow)]),
  );
}

function callRow(one: ToolCall): string[] {
  const took = one.tookMs === undefined ? "" : `${Math.round(one.tookMs)} ms`;
  const when = clockWords(Date.parse(one.startedAt), Date.now());
  const detail = one.cachedFrom === undefined ? (one.message ?? "").slice(0, 80) : `cached, from ${one.cachedFrom}`;
  return [when, one.server, one.tool, one.by.id ?? one.by.kind, one.outcome, took, detail];
}
