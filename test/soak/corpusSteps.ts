/** What the recorded agents are made to do, one after the other. */
import type { CliName } from "#test/support/agentClis.ts";
import type { AgentDesk } from "#test/support/agentDesk.ts";

interface StepOptions {
  /** Tool calls in one prompt. */
  readonly chain: number;
  readonly gateway: boolean;
}

interface Step {
  readonly name: string;
  readonly only?: CliName;
  run(desk: AgentDesk, options: StepOptions): Promise<void>;
}

/** Longer than a whole chain takes on a busy machine. */
const PATIENCE_MS = 150_000;
const OVERLOADED = { status: 529, message: "Overloaded" };

/** Each call another: some CLIs stop one that repeats itself. */
function calls(cli: CliName, count: number, marker: string): string {
  const one = (n: number): string => {
    const pattern = JSON.stringify({ pattern: `${marker}-${n}*` });
    if (cli === "claude") return `[[tool Glob ${pattern}]]`;
    return cli === "codex" ? `[[tool exec_command {"cmd":"echo ${marker} ${n}"}]]` : `[[tool glob ${pattern}]]`;
  };
  return Array.from({ length: count }, (_, n) => one(n)).join("");
}

export function chained(cli: CliName, marker: string, count: number): string {
  return `[[new]] ${marker} ${calls(cli, count, marker)} [[text ${marker}-done]]`;
}

/** So many turns of this prompt are answered, nothing is under way, and the tree says idle. */
async function over(desk: AgentDesk, marker: string, turns: number): Promise<void> {
  await desk.eventually(
    `${turns} turns of ${marker} are over`,
    () => {
      const own = desk.turns.filter(({ prompt, status }) => prompt.includes(marker) && status === 200);
      const isQuiet = desk.model.requests.every(({ endedAt }) => endedAt !== undefined);
      return own.length >= turns && isQuiet && desk.node.state === "idle";
    },
    PATIENCE_MS,
  );
}

async function chain(desk: AgentDesk, marker: string, count: number): Promise<void> {
  await desk.send(chained(desk.drive.cli, marker, count));
  await over(desk, marker, count + 1);
}

async function fork(desk: AgentDesk, options: StepOptions): Promise<void> {
  const { cliSessionId } = desk.node;
  const child = {
    id: "forked",
    agent: "claude",
    cwd: desk.place.cwd,
    gateway: options.gateway,
    resume: cliSessionId,
    args: ["--fork-session"],
    shutdown: "2s",
  };
  const file = await desk.app.fleet("forks", JSON.stringify({ version: 1, name: "forks", children: [child] }));
  const { code, stderr } = await desk.app.cli("up", file);
  if (code !== 0) throw new Error(`up: ${stderr}`);
  await desk.app.waitFor("forked", ({ state }) => state === "idle", "the fork is up");
  const sent = await desk.client.command("session.send", { id: "forked", text: chained("claude", "forking", 6) });
  if (!sent.ok) throw new Error(sent.error.message);
  await over(desk, "forking", 7);
}

export const STEPS: readonly Step[] = [
  {
    name: "tools",
    async run(desk, { chain: count, gateway }) {
      const more = desk.drive.cli === "claude" ? { args: ["--allowedTools", "Agent,Task"] } : {};
      await desk.up(chained(desk.drive.cli, "briefing", count), { gateway, ...more });
      await over(desk, "briefing", count + 1);
    },
  },
  {
    name: "subagent",
    only: "claude",
    async run(desk) {
      const prompt = `errand ${calls("claude", 4, "errand")} [[text errand-done]]`;
      const agent = { description: "look", prompt, subagent_type: "general-purpose" };
      await desk.send(`[[new]] delegating [[tool Agent ${JSON.stringify(agent)}]] [[text delegated]]`);
      await over(desk, "errand", 2);
    },
  },
  { name: "tools again", run: (desk, { chain: count }) => chain(desk, "again", count) },
  {
    name: "interrupt",
    async run(desk) {
      await desk.send(`[[new]] endless [[delay 200]] [[text ${"word ".repeat(300)}]]`);
      const cut = await desk.eventually("it answers", () =>
        desk.turns.find(({ prompt }) => prompt.includes("endless")),
      );
      await desk.until("it works", ({ state }) => state === "busy");
      for (let press = 0; press < desk.drive.interruptPresses; press += 1) await desk.app.cli("key", "coder", "esc");
      await desk.eventually("the answer is cut off", () => cut.endedAt !== undefined);
      await desk.until("it is idle again", ({ state }) => state === "idle");
    },
  },
  {
    name: "retry",
    async run(desk) {
      const before = desk.model.requests.length;
      desk.model.setTrouble(OVERLOADED);
      try {
        await desk.send(chained(desk.drive.cli, "retrying", 2));
        await desk.eventually("one was refused", () => desk.model.requests[before]?.status !== undefined);
      } finally {
        desk.model.setTrouble(undefined);
      }
      await over(desk, "retrying", 3);
    },
  },
  {
    name: "compaction",
    only: "claude",
    async run(desk) {
      await desk.send("/compact");
      await over(desk, "CRITICAL: Respond with TEXT ONLY", 1).catch(async (error: unknown) => {
        if (!desk.model.requests.some(({ prompt }) => prompt.startsWith("CRITICAL"))) throw error;
      });
    },
  },
  {
    name: "resume",
    async run(desk, { chain: count }) {
      const { generation } = desk.node;
      await desk.app.cli("restart", "coder");
      await desk.until("resumed", (node) => node.generation > generation && node.state === "idle");
      await chain(desk, "resumed", count);
    },
  },
  { name: "fork", only: "claude", run: fork },
  {
    name: "killed core",
    async run(desk, { chain: count }) {
      await desk.send(chained(desk.drive.cli, "killing", count));
      await desk.eventually("it is under way", () => desk.turns.some(({ prompt }) => prompt.includes("killing")));
      desk.client.close();
      await desk.app.kill("SIGKILL");
      await desk.serve();
      await desk.until("it is idle", ({ state }) => state === "idle", PATIENCE_MS);
      await chain(desk, "afterwards", Math.ceil(count / 2));
    },
  },
];
