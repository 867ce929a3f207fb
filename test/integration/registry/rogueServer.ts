/**
 * An MCP server over its pipes that behaves as its first argument says; run as a program by the tests. Written without
 * the SDK, which would not let it misbehave.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const mode = process.argv[2] ?? "good";
const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const NUMBER = { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] };
const ANY = { type: "object" };

const TOOLS = [
  { name: "add", description: "Adds two numbers", inputSchema: addSchema(), outputSchema: NUMBER },
  { name: "liar", description: "Promises a number and gives words", inputSchema: ANY, outputSchema: NUMBER },
  { name: "slow", description: "Never answers", inputSchema: ANY },
  { name: "deaf", description: "Never answers, and nothing else answers afterwards", inputSchema: ANY },
  { name: "huge", description: "Answers with so many bytes", inputSchema: ANY },
  { name: "die", description: "Dies in the call", inputSchema: ANY },
  { name: "fails", description: "Says that it failed", inputSchema: ANY },
  { name: "env", description: "Tells a variable", inputSchema: ANY },
  { name: "trap", description: "A pattern that takes years", inputSchema: trapSchema() },
  { name: "broken", description: "Its schema is none", inputSchema: { ...ANY, properties: { a: { type: "numbr" } } } },
];

function addSchema(): object {
  return {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a", "b"],
    additionalProperties: false,
  };
}

function trapSchema(): object {
  return { type: "object", properties: { text: { type: "string", pattern: "^(a+)+$" } } };
}

let isDeaf = false;

function answer(id: unknown, result: object): void {
  say({ jsonrpc: "2.0", id, result });
}

function text(words: string, isError = false): object {
  return { content: [{ type: "text", text: words }], isError };
}

function call(id: unknown, name: string, args: Record<string, unknown>): void {
  if (name === "add") {
    const sum = Number(args["a"]) + Number(args["b"]);
    answer(id, { ...text(String(sum)), structuredContent: { sum } });
  } else if (name === "liar") answer(id, { ...text("forty-two"), structuredContent: { sum: "forty-two" } });
  else if (name === "deaf") isDeaf = true;
  else if (name === "huge") answer(id, text("x".repeat(Number(args["bytes"]))));
  else if (name === "die") process.kill(process.pid, "SIGKILL");
  else if (name === "fails") answer(id, text("the disk of the tool is full", true));
  else if (name === "env") answer(id, text(process.env[String(args["name"])] ?? ""));
}

const ANSWERS: Readonly<Record<string, (id: unknown, params: Record<string, unknown>) => void>> = {
  initialize: (id) => {
    isInitialized = true;
    const serverInfo = { name: "rogue", version: "1" };
    answer(id, { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo });
  },
  "tools/list": (id) => answer(id, { tools: TOOLS }),
  "tools/call": (id, params) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test's own client
    call(id, String(params["name"]), (params["arguments"] ?? {}) as Record<string, unknown>),
};

function handle(message: { id?: unknown; method?: string; params?: Record<string, unknown> }): void {
  const { id, method = "", params = {} } = message;
  if (id === undefined || isDeaf) return;
  if (mode === "dies-of-questions" && method !== "initialize" && !isInitialized) process.exit(1);
  const respond = ANSWERS[method];
  if (respond === undefined) say({ jsonrpc: "2.0", id, error: { code: -32_601, message: "Method not found" } });
  else respond(id, params);
}

let isInitialized = false;

if (mode === "exits") {
  process.stderr.write("no API key in the environment\n");
  process.exit(3);
}
if (mode === "garbage")
  for (let line = 0; line < 1_000; line += 1) process.stdout.write(`loading module ${line} ...\n`);
if (mode === "chatty") process.stdout.write("rogue server 1.0 is ready\n");
if (mode === "flood")
  for (let count = 0; count < 5_000; count += 1) say({ jsonrpc: "2.0", method: "notifications/progress", params: {} });
if (mode === "stubborn") {
  // Ends for nobody's sake: neither closed input nor SIGTERM, and a child of its own that does the same.
  process.on("SIGTERM", () => undefined);
  setInterval(() => undefined, 60_000);
  const child = spawn("/bin/sh", ["-c", 'trap "" TERM HUP; while :; do sleep 60; done'], {
    stdio: "ignore",
    detached: true,
  });
  writeFileSync(process.argv[3] ?? "", `${process.pid} ${child.pid ?? 0}`);
  child.unref();
}
createInterface({ input: process.stdin }).on("line", (line) => handle(JSON.parse(line)));
