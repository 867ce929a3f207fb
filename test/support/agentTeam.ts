/** Several real Claude Codes in one fleet of the running app, their model the fake one: for what they say to each other. */
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { eventually } from "./deadline.ts";
import { startFakeModelServer, type FakeModelServer } from "./fakeModelServer.ts";
import type { FakeRequest } from "./fakeModelTurn.ts";
import { LiveApp } from "./liveApp.ts";
import type { LiveSuite } from "./liveSuite.ts";

const KEY = "sk-ant-fake-0123456789abcdefghij";
/** Real CLIs on a shared machine. */
export const PATIENCE_MS = 90_000;

export interface AgentTeam {
  readonly model: FakeModelServer;
  readonly app: LiveApp;
  /** The newest request of an agent's own whose newest prompt holds these words. */
  heard(words: string): Promise<FakeRequest>;
  idle(id: string): Promise<void>;
}

/** `children`: what each agent's entry in the fleet file says beside id, agent and cwd. */
export async function agentTeam(live: LiveSuite, binDir: string, children: Record<string, string>): Promise<AgentTeam> {
  const model = await startFakeModelServer();
  live.defer(() => model.close());
  const home = join(live.dir, "home");
  const config = join(home, "claude");
  await mkdir(config, { recursive: true });
  await mkdir(join(live.dir, "work"));
  const seed = {
    hasCompletedOnboarding: true,
    customApiKeyResponses: { approved: [KEY.slice(-20)], rejected: [] },
    projects: { [join(live.dir, "work")]: { hasTrustDialogAccepted: true } },
  };
  await writeFile(join(config, ".claude.json"), JSON.stringify(seed));
  const env = {
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    PATH: [binDir, process.env["PATH"] ?? ""].join(delimiter),
    HOME: home,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: KEY,
    CLAUDE_CONFIG_DIR: config,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
  };
  const app = await LiveApp.start({ dataDir: live.dir, env });
  live.defer(async () => {
    await app.cli("estop");
    await app.kill();
  });
  const entries = Object.entries(children).map(
    ([id, rest]) => `{ id: ${id}, agent: claude, cwd: ./work, shutdown: 1s${rest === "" ? "" : `, ${rest}`} }`,
  );
  await live.up(app, { name: "crew", children: entries });
  const idle = async (id: string): Promise<void> => {
    await eventually(`${id} is idle`, async () => (await app.node(id)).state === "idle", PATIENCE_MS);
  };
  for (const id of Object.keys(children)) await idle(id);
  return {
    model,
    app,
    idle,
    heard: (words) =>
      eventually(
        `the model hears "${words}"`,
        () => model.requests.findLast(({ prompt, hasTools }) => hasTools && prompt.includes(words)),
        PATIENCE_MS,
      ),
  };
}
