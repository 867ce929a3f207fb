import { describe, expect, it } from "vitest";
import { parseFleet } from "./parseFleet.ts";

const context = { folder: "/home/ann/shop", homeDir: "/home/ann", agents: ["claude", "codex", "gemini", "opencode"] };
const parse = (text: string) => parseFleet(text, context);
const errorsOf = (text: string) => {
  const parsed = parse(text);
  if (parsed.ok) throw new Error("expected errors");
  return parsed.errors.map((error) => `${error.line}:${error.column} ${error.message}`);
};

const EXAMPLE = `version: 1
name: shop
supervisor: { strategy: rest_for_one, intensity: 5, period: 60s }
children:
  - { id: api, command: "npm run dev", cwd: ./api, restart: permanent }
  - id: builders
    supervisor: { strategy: one_for_one, intensity: 3, period: 60s }
    children:
      - { id: fixer, agent: claude, cwd: ./api, prompt: "Fix the failing tests", restart: transient, shutdown: 10s,
          backoff: { initial: 1s, max: 60s, factor: 2, jitter: 0.2, resetAfter: 60s } }
`;

describe("parseFleet", () => {
  it("reads the example of the issue into a whole specification", () => {
    const parsed = parse(EXAMPLE);
    expect(parsed.ok && parsed.fleet.root).toMatchObject({
      id: "shop",
      strategy: "rest_for_one",
      intensity: 5,
      periodMs: 60_000,
      restart: "temporary",
      children: [
        {
          kind: "agent",
          id: "api",
          agent: "command",
          command: "npm run dev",
          cwd: "/home/ann/shop/api",
          restart: "permanent",
        },
        {
          kind: "supervisor",
          id: "builders",
          intensity: 3,
          children: [{ id: "fixer", agent: "claude", shutdown: 10_000 }],
        },
      ],
    });
  });

  it("fills in the defaults the issue states", () => {
    const parsed = parse("version: 1\nname: a\nchildren:\n  - { id: x, command: sleep 1 }\n");
    expect(parsed.ok && parsed.fleet.root).toMatchObject({
      strategy: "one_for_one",
      intensity: 3,
      periodMs: 60_000,
      children: [
        {
          cwd: "/home/ann/shop",
          restart: "transient",
          shutdown: 10_000,
          backoff: { initialMs: 1000, maxMs: 60_000, factor: 2, jitter: 0.2, resetAfterMs: 60_000 },
        },
      ],
    });
  });

  it("refuses a fleet whose agents would be called like senders that are no agents", () => {
    for (const taken of ["workflow", "handler"])
      expect(errorsOf(`version: 1\nname: ${taken}\nchildren: []\n`)[0]).toMatch(
        /^2:\d+ .*must be another name: senders/,
      );
  });

  it("names broken YAML by line and column", () => {
    expect(errorsOf("version: 1\nname: [a\n")[0]).toMatch(/^\d+:\d+ /);
  });

  it.each([
    [
      "{ tokens: many }",
      '6:15 "budget.tokens" must be a whole number of tokens above 0, such as 250000, "250k" or "2M".',
    ],
    ["{ usd: -1 }", '6:15 "budget.usd" too small: expected number to be >0.'],
    ["{ tokens: 10, at_limit: soon }", '6:27 "budget.at_limit" must be one of warn, soft, hard.'],
    [
      "{ tokens: 10, perod: day }",
      /^6:27 "perod" is not a key here. Did you mean period\? Keys are usd, tokens, period/,
    ],
    ["{ period: day }", "6:5 A budget needs usd or tokens."],
    ["12", '6:5 "budget" must be a budget or a list of budgets.'],
    [
      "[{ tokens: 5 }, { tokens: 5, period: year }]",
      '6:42 "budget.1.period" must be one of run, day, week, month, total.',
    ],
    ["{ tokens: 10, notice_at: 0.9, warn_at: 0.5 }", "6:27 notice_at must be at most warn_at."],
    ["[{ tokens: 5 }, { tokens: 6 }]", "6:29 There are two budgets in tokens per day here. Keep one."],
    ["{ tokens: 10, overdraft: 3 }", '6:27 "budget.overdraft" too big: expected number to be <=1.'],
  ])("says where and what is wrong with the budget %s", (budget, error) => {
    const [said] = errorsOf(`version: 1\nname: a\nchildren:\n  - id: x\n    command: ls\n    budget: ${budget}\n`);
    expect(said).toMatch(error);
  });

  it("suggests the key that was meant", () => {
    expect(errorsOf("version: 1\nname: a\nchildren:\n  - { id: x, comand: ls }\n")).toContain(
      '4:14 "comand" is not a key here. Did you mean command? Keys are id, restart, shutdown, significant, budget, command, agent, cwd, prompt, model, args, env, resume, task, role, can, backoff, resume_at_reset, gateway, limits.',
    );
  });

  it("refuses an unknown strategy and says which there are", () => {
    expect(errorsOf("version: 1\nname: a\nsupervisor: { strategy: one_for_al }\nchildren: []\n")[0]).toBe(
      '3:15 "supervisor.strategy" must be one of one_for_one, one_for_all, rest_for_one, simple_one_for_one. Did you mean one_for_all?',
    );
  });

  it("refuses duplicate ids anywhere in the fleet", () => {
    const text =
      "version: 1\nname: a\nchildren:\n  - { id: x, command: ls }\n  - id: y\n    children:\n      - { id: x, command: ls }\n";
    expect(errorsOf(text)).toEqual(["7:11 The id x is used twice; the first is in line 4. Ids are unique in a fleet."]);
  });

  it("refuses a child without anything to run, an unknown agent, a bad duration and a missing name", () => {
    const text =
      "version: 1\nchildren:\n  - { id: x }\n  - { id: y, agent: claud }\n  - { id: z, command: ls, shutdown: soon }\n";
    const errors = errorsOf(text).join("\n");
    expect(errors).toContain('"name" is missing.');
    expect(errors).toContain("x needs either a command or an agent.");
    expect(errors).toContain("Did you mean claude?");
    expect(errors).toContain("5:27");
  });

  it("refuses significant permanent children and simple_one_for_one with two templates", () => {
    const text = `version: 1
name: a
supervisor: { strategy: simple_one_for_one }
children:
  - { id: x, command: ls, restart: permanent, significant: true }
  - { id: y, command: ls }
`;
    const errors = errorsOf(text).join("\n");
    expect(errors).toContain("exactly one child");
    expect(errors).toContain("x is permanent, so it cannot be significant.");
  });

  it("never applies part of a text that is not a mapping", () => {
    expect(errorsOf("- 1\n- 2\n")[0]).toContain("A fleet file is a mapping");
    expect(errorsOf("")[0]).toContain("A fleet file is a mapping");
  });

  it("refuses an alias inside its own anchor and aliases that multiply, where they stand", () => {
    const head = "version: 1\nname: a\n";
    expect(errorsOf(`${head}children: &c [ { id: x, children: *c } ]\n`)[0]).toContain(
      "3:35 *c is used inside &c itself.",
    );
    const bomb = Array.from({ length: 6 }, (_, n) => `k${n + 1}: &k${n + 1} [${`*k${n}, `.repeat(9)}]\n`).join("");
    expect(errorsOf(`${head}k0: &k0 [1]\n${bomb}children: []\n`)[0]).toContain("multiply too far");
    expect(errorsOf(`${head}children: *nowhere\n`)[0]).toContain("nowhere");
    expect(
      parse(`${head}children:\n  - &x { id: x, command: ls, env: &e { A: b } }\n  - { id: y, command: ls, env: *e }\n`)
        .ok,
    ).toBe(true);
  });

  it("says where a server holds a secret itself, and never which", () => {
    const text = `version: 1
name: shop
servers:
  - id: prices
    url: https://ann:swordfish@prices.example/mcp
    headers:
      Accept: application/json
      Authorization: "Bearer swordfish"
  - { id: web, command: npx, args: [-y, web, --api-key, "swordfish"], env: { WEB_TOKEN: "swordfish", MODE: fast } }
children: []
`;
    const advice = (variable: string) =>
      `holds a secret itself, and Signalbox writes no secret down. Put it into your environment, for example as ${variable}, and write \${${variable}} in its place.`;
    const said = (what: string, variable = "PRICES_TOKEN") => `${what} ${advice(variable)}`;
    expect(errorsOf(text)).toEqual([
      `5:5 ${said("The address of prices")}`,
      `8:7 ${said("The header Authorization of prices")}`,
      `9:57 ${said("Argument 4 of web", "WEB_TOKEN")}`,
      `9:78 ${said("The variable WEB_TOKEN of web", "WEB_TOKEN")}`,
    ]);
    expect(parse(text.replaceAll("swordfish", "${PRICES_TOKEN}")).ok).toBe(true);
    expect(parseFleet(text, { ...context, isStored: (fleet) => fleet === "shop" }).ok).toBe(true);
  });

  it("reads MCP servers, and names what does not fit them", () => {
    const head = "version: 1\nname: shop\n";
    const fine = parse(
      `${head}servers:\n  - { id: memory, command: npx, args: [-y, m], cwd: data, timeout: 5s }\n  - { id: web, url: "https://x.example/mcp", allow: [{ tools: [get_*] }] }\nchildren: []\n`,
    );
    expect(fine).toMatchObject({
      ok: true,
      fleet: {
        servers: [
          { id: "memory", transport: { type: "stdio", command: "npx", args: ["-y", "m"] }, timeoutMs: 5000 },
          { id: "web", transport: { type: "http" }, allow: [{ agents: ["*"], roles: [], tools: ["get_*"] }] },
        ],
      },
    });
    const cached = (cache: string) => parse(`${head}servers: [{ id: m, command: x, cache: ${cache} }]\nchildren: []\n`);
    expect(cached("{ tools: [search, get_page] }")).toMatchObject({
      fleet: { servers: [{ cache: { tools: ["search", "get_page"], forMs: 3_600_000 } }] },
    });
    expect(cached("{ tools: [search], for: 7d }")).toMatchObject({
      fleet: { servers: [{ cache: { forMs: 604_800_000 } }] },
    });
    const wrong = (entry: string) => errorsOf(`${head}servers:\n  - ${entry}\nchildren: []\n`)[0];
    for (const time of ["999ms", "7.1d"])
      expect(wrong(`{ id: m, command: x, cache: { tools: [a], for: ${time} } }`)).toContain(
        '"servers.0.cache.for" must be from 1s to 7d.',
      );
    expect(wrong("{ id: m, command: x, cache: { tools: [a], for: soon } }")).toContain("must be a duration");
    expect(wrong("{ id: m, command: x, cache: { tools: [] } }")).toContain('"servers.0.cache.tools"');
    expect(wrong("{ id: m, command: x, cache: { tools: [a], fro: 1h } }")).toContain("Keys are tools, for.");
    expect(wrong("{ id: m }")).toContain("needs either a command or a url.");
    expect(wrong('{ id: m, command: x, url: "https://x.example" }')).toContain("not both");
    expect(wrong("{ id: m, command: x, headers: { a: b } }")).toContain("belongs to a server with a url");
    expect(wrong("{ id: m, comand: x }")).toContain("Did you mean command?");
  });

  it("reads what is to happen on a message, and names what does not fit", () => {
    const head =
      "version: 1\nname: shop\nchildren: [{ id: fixer, command: cat }]\nworkflow: { name: audit, steps: [{ id: a, tool: x.y }] }\n";
    const fine = parse(
      `${head}on:\n  - { id: failed, subject: tool.*.failed, send: { to: fixer, text: "\${data.tool} failed" } }\n  - { id: done, subject: "workflow.>", run: { workflow: audit } }\n`,
    );
    expect(fine).toMatchObject({
      ok: true,
      fleet: {
        handlers: [
          { id: "failed", stream: "TOOLS", act: { kind: "send", to: "fixer", text: "${data.tool} failed" } },
          { id: "done", stream: "WORKFLOWS", act: { kind: "run", workflow: "audit", with: {} } },
        ],
      },
    });
    const wrong = (entry: string) => errorsOf(`${head}on:\n  - ${entry}\n`).join(" ");
    expect(wrong("{ id: a, subject: tool.x.failed }")).toContain("a needs either send or run.");
    expect(wrong("{ id: a, subject: '>', run: { workflow: audit } }")).toContain("must begin with one of tool, mcp");
    expect(wrong("{ id: a, subject: tool..x, run: { workflow: audit } }")).toContain("must be a pattern of subjects");
    expect(wrong("{ id: a, subject: tool.x.failed, run: { workflow: audt } }")).toContain("Did you mean audit?");
    expect(wrong("{ id: a, subject: tool.x.failed, send: { to: fixr, text: hi } }")).toContain("Did you mean fixer?");
    expect(wrong("{ id: a, subject: tool.x.failed, send: { to: all, text: '${what}' } }")).toContain(
      "is nothing of a message",
    );
    expect(wrong("{ id: a, subject: tool.x.failed, sendd: { to: all, text: hi } }")).toContain("Did you mean send?");
  });
});
