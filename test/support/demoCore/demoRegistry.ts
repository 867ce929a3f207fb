/** A fake for looking at screens: MCP servers in every state, their tools, and a log of calls. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { AgentTemplate } from "#shared/model/agentTemplate.ts";
import type { Tool, ToolCallDetail, ToolServer } from "#shared/model/toolServer.ts";
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";

type Prefixed<H> = { readonly [K in Extract<keyof H, `registry.${string}`>]: H[K] };
export interface DemoRegistry {
  readonly queries: Prefixed<QueryHandlers>;
  readonly commands: Prefixed<CommandHandlers>;
  readonly streams: Pick<StreamHandlers, "registry">;
}

const MINUTE = 60_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

const TOOLS: readonly Tool[] = [
  {
    name: "search_nodes",
    title: "Search",
    description: "Search for nodes in the knowledge graph based on a query",
    hints: ["read_only", "idempotent"],
    inputSchema: {
      type: "object",
      properties: {
        query: { type: "string", description: "Words to look for, in names, types and observations" },
        limit: { type: "integer", minimum: 1, maximum: 100, default: 10 },
        kind: { type: "string", enum: ["person", "place", "thing"] },
        exact: { type: "boolean", description: "Only whole words" },
      },
      required: ["query"],
    },
    outputSchema: { type: "object", properties: { nodes: { type: "array" } } },
  },
  {
    name: "delete_entities",
    description: "Delete entities and their relations from the knowledge graph",
    hints: ["destructive"],
    inputSchema: { type: "object", properties: { names: { type: "array", items: { type: "string" } } } },
  },
  {
    name: "read_graph",
    description: "Read the entire knowledge graph",
    hints: ["read_only"],
    inputSchema: { type: "object" },
  },
  {
    name: "merge_nodes",
    description: "Merge two nodes into one",
    hints: [],
    problem:
      "The schema cannot be used: schema is invalid: data/properties/from/type must be equal to one of the allowed values",
    inputSchema: { type: "object", properties: { from: { type: "sting" } } },
  },
];

function sample(key: string, more: Partial<ToolServer>): ToolServer {
  const [fleet, id] = key.includes("/") ? key.split("/") : [undefined, key];
  return {
    key,
    id: id ?? key,
    ...(fleet === undefined ? {} : { fleet }),
    where: `npx -y @example/mcp-${id ?? key}`,
    transport: "stdio",
    variables: [],
    tags: [],
    restart: "permanent",
    timeoutMs: 60_000,
    state: "active",
    since: ago(42 * MINUTE),
    restarts: 0,
    protocol: "2025-11-25",
    software: `example/${id ?? key} 1.4.0`,
    verifiedAt: ago(2 * MINUTE),
    tools: TOOLS.filter(({ problem }) => problem === undefined || key === "memory").map(
      ({ inputSchema: _in, outputSchema: _out, ...summary }) => summary,
    ),
    callsUnderWay: 0,
    ...more,
  };
}

export function sampleServers(): ToolServer[] {
  return [
    sample("memory", {
      where: "npx -y @modelcontextprotocol/server-memory",
      variables: ["MEMORY_FILE_PATH"],
      tags: ["memory", "graph"],
      description: "A knowledge graph in a file",
      callsUnderWay: 1,
    }),
    sample("fleet/browser", {
      protocol: "2026-07-28",
      tags: ["web"],
      state: "degraded",
      detail: "fetch_page gave no answer within 60 s.",
      lastError: { message: "fetch_page gave no answer within 60 s.", at: ago(3 * MINUTE) },
      restarts: 2,
      allow: [{ agents: ["researcher"], roles: [], tools: ["fetch_*"] }],
      cache: {
        tools: ["search_nodes", "read_grap"],
        forMs: 3_600_000,
        answers: 12,
        doubts: ["The cache names read_grap, which is no tool of this server. Did you mean read_graph?"],
      },
    }),
    sample("fleet/prices", {
      variables: ["API_KEY"],
      warnings: [
        "The variable API_KEY holds a secret itself, which is stored as it is. Put it into your environment, for example as PRICES_API_KEY, and write ${PRICES_API_KEY} in its place in the fleet file.",
      ],
      state: "offline",
      detail:
        "It ended 4 times within 60 s and is not started again. It ended with exit code 1. It last said: no API key",
      lastError: { message: "It ended with exit code 1. It last said: no API key", at: ago(8 * MINUTE) },
      restarts: 3,
    }),
    sample("fleet/vision", {
      state: "verifying",
      since: ago(4_000),
      tools: [],
      transport: "http",
      where: "https://vision.example/mcp",
      variables: ["Authorization"],
    }),
    sample("issues", {
      state: "registered",
      tools: [],
      verifiedAt: undefined,
      protocol: undefined,
      software: undefined,
    }),
    sample("mail", { state: "disabled", detail: "A person disabled it." }),
  ].map((server) => JSON.parse(JSON.stringify(server)));
}

function sampleCalls(): ToolCallDetail[] {
  const call = (seq: number, more: Partial<ToolCallDetail>): ToolCallDetail => ({
    seq,
    id: `call-${seq}`,
    server: "memory",
    tool: "search_nodes",
    by: { kind: "agent", id: "fleet/researcher" },
    contextId: "ctx-7f3a",
    outcome: "completed",
    startedAt: ago((40 - seq) * MINUTE),
    tookMs: 12.4,
    attempts: 1,
    args: JSON.stringify({ query: "lounge chair", limit: 10 }),
    result: JSON.stringify({ content: [{ type: "text", text: "2 nodes" }], isError: false }),
    ...more,
  });
  return [
    call(39, { outcome: "running", tookMs: undefined, result: undefined, startedAt: ago(2_000) }),
    call(38, { server: "fleet/browser", cachedFrom: "call-33", attempts: 0, tookMs: 0.2 }),
    call(37, {
      server: "fleet/browser",
      tool: "fetch_page",
      outcome: "failed",
      code: "timeout",
      message: "fetch_page of fleet/browser: It gave no answer within 60 s.",
      tookMs: 60_000,
      result: undefined,
    }),
    call(36, { by: { kind: "person" }, tool: "read_graph", tookMs: 3.1 }),
    call(35, {
      tool: "delete_entities",
      outcome: "denied",
      code: "forbidden",
      message: "fleet/researcher may not call delete_entities of memory.",
      tookMs: 0.2,
      attempts: 0,
      result: undefined,
    }),
    call(34, {
      outcome: "refused",
      code: "bad_request",
      message: "The arguments do not fit search_nodes: data must have required property 'query'",
      attempts: 0,
      tookMs: 0.6,
    }),
    ...Array.from({ length: 12 }, (_, index) => call(33 - index, { tookMs: 8 + index * 3.7 })),
  ].map((one) => JSON.parse(JSON.stringify(one)));
}

const TEMPLATES: readonly AgentTemplate[] = [
  {
    id: "reviewer",
    about: "Reads what others wrote and says what is wrong with it",
    tags: ["review", "typescript"],
    child: { agent: "claude", role: "reviewer", prompt: "Review every change before it lands." },
    enabled: true,
    keptAt: ago(90 * MINUTE),
    keptBy: "person",
    uses: 3,
    usedAt: ago(12 * MINUTE),
  },
  {
    id: "watcher",
    about: "",
    tags: ["tests"],
    child: { command: "npm test -- --watch", restart: "permanent" },
    enabled: false,
    keptAt: ago(80 * MINUTE),
    keptBy: "cli",
    uses: 0,
  },
];

type Templates = Pick<DemoRegistry["commands"], Extract<keyof DemoRegistry["commands"], `registry.${string}Template`>>;

function demoTemplates(isEmpty: boolean, onChange: () => void): { list: () => AgentTemplate[]; commands: Templates } {
  let templates: AgentTemplate[] = isEmpty ? [] : [...TEMPLATES];
  const removed = new Map<string, AgentTemplate>();
  const put = (next: AgentTemplate): Result<AgentTemplate> => {
    templates = [...templates.filter(({ id }) => id !== next.id), next].toSorted((a, b) => a.id.localeCompare(b.id));
    onChange();
    return ok(next);
  };
  const change = (id: string, part: Partial<AgentTemplate>): Result<AgentTemplate> => {
    const found = templates.find((one) => one.id === id);
    return found === undefined ? fail("not_found", `There is no template ${id}.`) : put({ ...found, ...part });
  };
  return {
    list: () => templates,
    commands: {
      "registry.keepTemplate": async (order) =>
        put({ ...order, enabled: true, keptAt: new Date().toISOString(), keptBy: "person", uses: 0 }),
      "registry.changeTemplate": async ({ id, ...part }) => change(id, part),
      "registry.removeTemplate": async ({ template }) => {
        const found = change(template, {});
        if (found.ok) removed.set(template, found.value);
        templates = templates.filter(({ id }) => id !== template);
        onChange();
        return found;
      },
      "registry.takeBackTemplate": async ({ template }) => {
        const found = removed.get(template);
        return found === undefined ? fail("not_found", `No template ${template} was removed.`) : put(found);
      },
      "registry.enableTemplate": async ({ template }) => change(template, { enabled: true }),
      "registry.disableTemplate": async ({ template }) => change(template, { enabled: false }),
      "registry.useTemplate": async ({ template, fleet, id = template }) => {
        const uses = templates.find((one) => one.id === template)?.uses ?? 0;
        const used = change(template, { uses: uses + 1 });
        return used.ok ? ok({ path: `${fleet}/${id}` }) : used;
      },
    },
  };
}

export function demoRegistry(isEmpty = false): DemoRegistry {
  let servers = isEmpty ? [] : sampleServers();
  const calls = isEmpty ? [] : sampleCalls();
  const sinks = new Set<Parameters<StreamHandlers["registry"]>[1]>();
  const templates = demoTemplates(isEmpty, () => {
    for (const sink of sinks) sink.send({ type: "templates" });
  });
  const find = (ref: string): Result<ToolServer> => {
    const found = servers.find(({ key, id }) => key === ref || id === ref);
    return found === undefined ? fail("not_found", `There is no server ${ref}.`) : ok(found);
  };
  const set = (ref: string, change: Partial<ToolServer>): Result<ToolServer> => {
    const found = find(ref);
    if (!found.ok) return found;
    const next = { ...found.value, ...change, since: new Date().toISOString() };
    servers = servers.map((server) => (server.key === next.key ? next : server));
    for (const sink of sinks) sink.send({ type: "servers", servers: [next], removed: [] });
    return ok(next);
  };
  return {
    queries: {
      "registry.templates": async () => ok(templates.list()),
      "registry.servers": async () => ok(servers),
      "registry.find": async () => ok([]),
      "registry.tool": async ({ tool }) => {
        const found = TOOLS.find(({ name }) => name === tool);
        return found === undefined ? fail("not_found", `There is no tool ${tool}.`) : ok(found);
      },
      "registry.calls": async ({ server, tool, outcome, before, limit }) =>
        ok(
          calls
            .filter(
              (call) => (server === undefined || call.server === server) && (tool === undefined || call.tool === tool),
            )
            .filter((call) => outcome === undefined || call.outcome === outcome)
            .filter((call) => before === undefined || call.seq < before)
            .slice(0, limit),
        ),
      "registry.call": async ({ id }) => {
        const found = calls.find((call) => call.id === id);
        return found === undefined ? fail("not_found", `There is no call ${id}.`) : ok(found);
      },
    },
    commands: {
      ...templates.commands,
      "registry.add": async ({ id, tags }) => {
        const made = sample(id, { state: "registered", tools: [], tags });
        servers = [...servers, made];
        for (const sink of sinks) sink.send({ type: "servers", servers: [made], removed: [] });
        return ok(made);
      },
      "registry.remove": async ({ server }) => {
        servers = servers.filter(({ key }) => key !== server);
        for (const sink of sinks) sink.send({ type: "servers", servers: [], removed: [server] });
        return ok({ key: server });
      },
      "registry.verify": async ({ server }) => set(server, { state: "active", verifiedAt: new Date().toISOString() }),
      "registry.enable": async ({ server }) => set(server, { state: "registered" }),
      "registry.disable": async ({ server }) => set(server, { state: "disabled", detail: "A person disabled it." }),
      "registry.stop": async ({ server }) => set(server, { state: "offline", detail: "A person stopped it." }),
      "registry.dropAnswers": async ({ server }) => {
        const { cache } = servers.find(({ key }) => key === server) ?? {};
        const changed = set(server, cache === undefined ? {} : { cache: { ...cache, answers: 0 } });
        return changed.ok ? ok({ key: server, dropped: cache?.answers ?? 0 }) : changed;
      },
      "registry.invoke": async ({ server, tool, args, fresh = false }) => {
        const isCached = !fresh && servers.find(({ key }) => key === server)?.cache?.tools.includes(tool) === true;
        return ok({
          ...(isCached ? { cachedFrom: "call-33", cachedAt: ago(12 * MINUTE) } : {}),
          callId: "call-40",
          server,
          tool,
          content: [{ type: "text", text: JSON.stringify(args) }],
          structured: { nodes: [{ name: "Eames lounge chair", kind: "thing" }] },
          text: JSON.stringify(args),
          tookMs: 12.3,
          attempts: isCached ? 0 : 1,
        });
      },
    },
    streams: {
      registry: (_input, sink) => {
        sink.send({ type: "snapshot", servers });
        sinks.add(sink);
        return ok({ close: () => void sinks.delete(sink) });
      },
    },
  };
}
