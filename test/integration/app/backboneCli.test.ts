/**
 * `signalbox tools|template|msg|workflow|memory` as scripts see them, against one running app: how they exit, that what
 * `--json` prints is what the contract says, and that a refusal has its code and a sentence. On the way the fleet's own
 * handler does what its file says.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { contract } from "#shared/contract/index.ts";
import { mailSchema } from "#shared/model/mail.ts";
import { eventually } from "#test/support/deadline.ts";
import { liveSuite } from "#test/support/liveSuite.ts";
import { runCli } from "#test/support/liveApp.ts";
import type { CliResult, LiveApp } from "#test/support/liveApp.ts";

const { queries, commands } = contract;
const live = liveSuite();
const ROGUE = join(import.meta.dirname, "..", "registry", "rogueServer.ts");
const FILE = `version: 1
name: desk
children:
  - { id: fixer, command: cat, role: fixer }
servers:
  - { id: sums, command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(ROGUE)}, good], tags: [arithmetic] }
workflow:
  name: audit
  input: { a: { type: number, default: 1 } }
  steps: [{ id: add, tool: sums.add, with: { a: "\${input.a}", b: 2 } }]
on:
  - { id: failed, subject: tool.fails.failed, send: { to: "role:fixer", text: "\${data.tool} of \${data.server} failed" } }
`;

const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string().min(10) }) });

interface Promised {
  readonly line: readonly string[];
  /** Of the one object that is printed. */
  readonly shape: z.ZodType;
}

async function prints(app: LiveApp, { line, shape }: Promised): Promise<unknown> {
  const ran = await app.cli("--json", ...line);
  expect({ line, code: ran.code, stderr: ran.stderr }).toEqual({ line, code: 0, stderr: "" });
  const read = shape.safeParse(JSON.parse(ran.stdout));
  expect({ line, problem: read.error?.message }).toEqual({ line, problem: undefined });
  return read.data;
}

async function refuses(app: LiveApp, code: string, ...line: string[]): Promise<void> {
  const ran = await app.cli("--json", ...line);
  const { error } = refusalSchema.parse(JSON.parse(ran.stdout));
  expect({ line, exit: ran.code, code: error.code }).toEqual({ line, exit: 1, code });
  expect(ran.stderr.trim()).toBe(`signalbox: ${code}: ${error.message}`);
}

/** Two at a time: each is a start of Node. */
async function all(work: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (let at = 0; at < work.length; at += 2) await Promise.all(work.slice(at, at + 2).map((one) => one()));
}

function fails(ran: CliResult, sentence: RegExp, exit: number): void {
  expect({ exit: ran.code, stderr: ran.stderr }).toEqual({ exit, stderr: expect.stringMatching(sentence) });
}

it("the words of the backbone print what the contract says, and refuse with a code and a sentence", async () => {
  const app = await live.serve();
  expect(await app.cli("up", await app.fleet("desk", FILE))).toMatchObject({ code: 0 });
  const promised: readonly Promised[] = [
    { line: ["tools", "verify", "sums"], shape: commands["registry.verify"].output },
    { line: ["tools", "call", "sums", "add", '{"a":1,"b":2}'], shape: commands["registry.invoke"].output },
    { line: ["tools", "show", "sums", "add"], shape: queries["registry.tool"].output },
    { line: ["tools", "calls", "sums", "add"], shape: queries["registry.calls"].output.min(1) },
    {
      line: ["template", "add", "reader", "--tag", "reading", "--", "cat"],
      shape: commands["registry.keepTemplate"].output,
    },
    { line: ["tools", "find", "--tag", "reading"], shape: queries["registry.find"].output.length(1) },
    { line: ["memory", "store", "The sum is 3", "--scope", "fleet:desk"], shape: commands["memory.store"].output },
    { line: ["memory", "ls"], shape: queries["memory.list"].output },
    { line: ["msg", "send", "fixer", "hello"], shape: commands["message.send"].output },
    { line: ["workflow", "run", "audit", "a=4"], shape: commands["workflow.start"].output },
  ];
  for (const one of promised) await prints(app, one);
  const used = await app.cli("--json", "template", "use", "reader", "desk", "--as", "second");
  expect(JSON.parse(used.stdout)).toEqual({ path: "desk/second" });
  expect(await app.waitFor("second", ({ state }) => state === "busy" || state === "idle")).toMatchObject({
    agent: "command",
  });

  const client = await live.client(app);
  const [run] = queries["workflow.runs"].output.parse(
    await eventually("the run is over", async () => {
      const runs = await client.query("workflow.runs", { limit: 5 });
      return runs.ok && runs.value[0]?.head.state === "completed" ? runs.value : undefined;
    }),
  );
  expect(run?.entries).toMatchObject([{ step: "add", output: { sum: 6 } }]);

  await all([
    () => refuses(app, "tool_failed", "tools", "call", "sums", "fails"),
    () => refuses(app, "bad_request", "tools", "call", "sums", "add", '{"a":"x"}'),
    () => refuses(app, "not_found", "template", "use", "raeder", "desk"),
    () => refuses(app, "not_found", "msg", "send", "nobody", "hello"),
    () => refuses(app, "not_found", "workflow", "run", "adit"),
    () => refuses(app, "unsupported", "workflow", "undo", run?.head.id ?? ""),
    () => refuses(app, "conflict", "workflow", "skip", run?.head.id ?? "", "add"),
    () => refuses(app, "bad_request", "workflow", "run", "audit", "b=1"),
    () => refuses(app, "not_found", "memory", "forget", "00000000-0000-4000-8000-000000000000"),
    async () => fails(await app.cli("tools", "frobnicate"), /There is no "tools frobnicate"/, 2),
    async () => fails(await app.cli("template", "add", "x"), /Give one of --agent, --entry/, 2),
    async () => fails(await runCli(join(live.dir, "nowhere"), "memory", "ls"), /signalbox/, 3),
  ]);
  // The file's own handler heard of the tool that failed.
  const sent = await eventually("the handler's message", async () => {
    const listed = await client.query("message.list", { limit: 50 });
    return listed.ok ? listed.value.find(({ from }) => from === "handler/desk/failed") : undefined;
  });
  expect(mailSchema.parse(sent)).toMatchObject({ to: "desk/fixer", text: "fails of desk/sums failed" });
});
