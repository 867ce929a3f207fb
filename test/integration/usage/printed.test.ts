/** Agent CLIs as plain command lines for machines: no telemetry is injected, and still each token is counted once. */
import { describe, expect, it } from "vitest";

import { installCli } from "#test/support/agentClis.ts";
import { AgentDesk } from "#test/support/agentDesk.ts";
import { AGENT_DRIVES, type AgentDrive } from "#test/support/agentDrives.ts";
import { eventually } from "#test/support/deadline.ts";
import { truthOf } from "#test/support/usageRig.ts";

const PROMPT = "'hello [[text one-two-three]]'";

/** Real CLIs on a shared machine. */
const PATIENCE_MS = 90_000;

/** `args`: what the CLI's drive passes so that it talks to the fake model. */
const COMMANDS: Readonly<Record<AgentDrive["cli"], (args: string) => string>> = {
  claude: () => `claude -p ${PROMPT} --output-format stream-json --verbose`,
  codex: (args) => `codex ${args} exec --json --skip-git-repo-check ${PROMPT} </dev/null`,
  gemini: () => `gemini -m gemini-2.5-flash -p ${PROMPT} --output-format stream-json`,
  opencode: (args) => `opencode run --format json ${args} ${PROMPT}`,
};

async function run(desk: AgentDesk, commandOf: (args: string) => string): Promise<void> {
  const { args = [], env = {} } = desk.drive.child(desk.place);
  const quoted = (Array.isArray(args) ? args.map(String) : []).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const child = { id: "coder", command: commandOf(quoted.join(" ")), cwd: desk.place.cwd, restart: "temporary", env };
  const fleet = { version: 1, name: "code", children: [child] };
  const { code, stderr } = await desk.app.cli("up", await desk.app.fleet("code", JSON.stringify(fleet)));
  expect(stderr).toBe("");
  expect(code).toBe(0);
}

/** What the provider's log says; nothing that prints knows of the titles some ask for beside the conversation. */
function truth(desk: AgentDesk): number {
  return desk.turns.map(truthOf).reduce((sum, one) => sum + one.input + one.output + one.cacheRead + one.cacheWrite, 0);
}

async function total(desk: AgentDesk): Promise<number> {
  const found = await desk.client.query("usage.totals", { groupBy: "none" });
  if (!found.ok) throw new Error(found.error.message);
  return found.value.total.totalTokens;
}

/** Waits until the ledger knows all of `turns`, and answers what it says then. */
async function counted(desk: AgentDesk, turns: number): Promise<number> {
  await desk.eventually(
    "the provider has answered",
    () => desk.turns.filter((one) => one.status === 200).length === turns,
  );
  const all = async () => {
    const known = await total(desk);
    return known >= truth(desk) && known;
  };
  return eventually("the ledger knows it all", all, PATIENCE_MS);
}

/** With every commit; SIGNALBOX_PRINTED_CLIS=claude,codex,gemini,opencode tries all. */
const RUN = (process.env["SIGNALBOX_PRINTED_CLIS"] ?? "claude,codex").split(",");

for (const drive of AGENT_DRIVES.filter(({ cli }) => RUN.includes(cli))) {
  const installed = (await installCli(drive.cli)) !== undefined;
  describe.skipIf(!installed)(`${drive.cli} as a command line`, { timeout: 180_000 }, () => {
    it("is counted to the token, once, live and when its past is read in again", async () => {
      const desk = await AgentDesk.open(drive);
      if (desk === undefined) throw new Error(`${drive.cli} went away.`);
      try {
        await run(desk, COMMANDS[drive.cli]);
        expect(await counted(desk, 1)).toBe(truth(desk));
        await desk.until("it has ended", (node) => node.state === "done");
        expect((await desk.app.cli("usage", "--import")).code).toBe(0);
        expect(await total(desk)).toBe(truth(desk));
      } finally {
        await desk.close();
      }
    });
  });
}

const speaker = AGENT_DRIVES.find(({ cli }) => cli === "opencode");
const canSpeak = speaker !== undefined && RUN.includes("opencode") && (await installCli(speaker.cli)) !== undefined;

it.skipIf(!canSpeak)("an agent that speaks ACP is counted by its turns", { timeout: 180_000 }, async () => {
  const desk = speaker === undefined ? undefined : await AgentDesk.open(speaker);
  if (desk === undefined) throw new Error("opencode went away.");
  try {
    await run(desk, () => "opencode acp");
    await ask(desk, { id: 0, method: "initialize", params: { protocolVersion: 1, clientCapabilities: {} } });
    const opened = await ask(desk, { id: 1, method: "session/new", params: { cwd: desk.place.cwd, mcpServers: [] } });
    const sessionId = /"sessionId":"([^"]+)"/.exec(opened)?.[1];
    for (const id of [2, 3])
      await ask(desk, {
        id,
        method: "session/prompt",
        params: { sessionId, prompt: [{ type: "text", text: "hello [[text one]]" }] },
      });
    expect(await counted(desk, 2)).toBe(truth(desk));
  } finally {
    await desk.close();
  }
});

/** Types a request as its client would and waits for the answer. */
async function ask(desk: AgentDesk, request: { readonly id: number } & Record<string, unknown>): Promise<string> {
  await desk.send(JSON.stringify({ jsonrpc: "2.0", ...request }));
  const answer = async () => {
    const { stdout } = await desk.app.cli("logs", "coder");
    return stdout.split("\n").find((line) => line.includes(`"id":${request.id},"result"`));
  };
  return eventually(`the answer to ${request.id}`, answer, PATIENCE_MS);
}
