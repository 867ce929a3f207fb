/** The real agent CLIs through the metering gateway: tokens equal the model server's own log, and the brake is on their screen. */
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { afterEach, describe, expect, it } from "vitest";

import { createAdapters } from "#core/agents/index.ts";
import type { GatewayOutcome, GatewayVerdict } from "#core/ports/gateway.ts";
import { openGateway } from "#platform/gateway/gatewayServer.ts";
import { createMachine } from "#platform/machine.ts";
import { installCli, type CliName } from "#test/support/agentClis.ts";
import { createAgentHome, type AgentHome } from "#test/support/agentTerminal.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";

const SENTENCE = "The token budget of web/coder is used up; grant more in Signalbox.";
/** Claude with every commit; `SIGNALBOX_GATEWAY_CLIS=codex,gemini,opencode` for the others, which take minutes. */
const RUN = (process.env["SIGNALBOX_GATEWAY_CLIS"] ?? "claude").split(",");
const CANARY = "sk-canary-0123456789abcdefghij";

interface Subject {
  readonly name: CliName;
  readonly args: (prompt: string) => readonly string[];
  readonly prepare: (home: AgentHome, modelUrl: string) => Promise<Record<string, string>>;
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "claude",
    args: (prompt) => ["-p", prompt],
    prepare: async (home, modelUrl) => ({
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_API_KEY: CANARY,
      CLAUDE_CONFIG_DIR: join(home.home, "claude"),
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
    }),
  },
  {
    name: "codex",
    args: (prompt) => ["-c", "analytics.enabled=false", "exec", "--skip-git-repo-check", "--", prompt],
    async prepare(home, modelUrl) {
      await mkdir(join(home.home, ".codex"), { recursive: true });
      const config = `model = "gpt-fake"\nopenai_base_url = "${modelUrl}/v1" # ours\ncheck_for_update_on_startup = false\n`;
      await writeFile(join(home.home, ".codex", "config.toml"), config);
      return { OPENAI_API_KEY: CANARY, CODEX_API_KEY: CANARY };
    },
  },
  {
    name: "gemini",
    args: (prompt) => ["-m", "gemini-2.5-flash", "-p", prompt],
    async prepare(home, modelUrl) {
      await mkdir(join(home.home, ".gemini"), { recursive: true });
      const settings = { security: { auth: { selectedType: "gemini-api-key" } }, general: { enableAutoUpdate: false } };
      await writeFile(join(home.home, ".gemini", "settings.json"), JSON.stringify(settings));
      return { GEMINI_API_KEY: CANARY, GOOGLE_GEMINI_BASE_URL: modelUrl, GEMINI_CLI_TRUST_WORKSPACE: "true" };
    },
  },
  {
    name: "opencode",
    args: (prompt) => ["run", "--format", "json", prompt],
    prepare: (_home, modelUrl) => {
      const models = { "fake-1": { name: "Fake 1", limit: { context: 200_000, output: 8_192 } } };
      const options = { baseURL: `${modelUrl}/v1`, apiKey: CANARY };
      const provider = { fake: { npm: "@ai-sdk/openai-compatible", name: "Fake", options, models } };
      const config = {
        autoupdate: false,
        share: "disabled",
        model: "fake/fake-1",
        small_model: "fake/fake-1",
        provider,
      };
      return Promise.resolve({
        OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
        OPENCODE_DISABLE_AUTOUPDATE: "1",
        OPENCODE_DISABLE_MODELS_FETCH: "1",
      });
    },
  },
];

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

describe.each(SUBJECTS)("$name through the gateway", async (subject) => {
  const cli = await installCli(subject.name);

  it.skipIf(cli === undefined || !RUN.includes(subject.name))(
    "is counted to the token, keeps its key to itself, and shows why it is stopped",
    async () => {
      const model = await startFakeModelServer();
      ends.push(() => model.close());
      const home = await createAgentHome();
      ends.push(() => home.remove());
      const outcomes: GatewayOutcome[] = [];
      let verdict: GatewayVerdict = { allow: true };
      let asked = 0;
      const opened = await openGateway({
        desk: {
          authorize: () => {
            asked += 1;
            return Promise.resolve(verdict);
          },
          progress: () => undefined,
          flush: () => undefined,
          settle: (outcome) => void outcomes.push(outcome),
        },
      });
      if (!opened.ok) throw new Error(opened.error.message);
      ends.push(() => opened.value.close());
      const env = {
        PATH: [cli?.binDir ?? "", process.env["PATH"] ?? ""].join(delimiter),
        HOME: home.home,
        LANG: "C.UTF-8",
        TERM: "xterm-256color",
        ...(await subject.prepare(home, model.url)),
      };
      const machine = createMachine({ environment: () => Promise.resolve(env), homeDir: home.home });
      const adapter = createAdapters({ machine }).find(({ id }) => id === subject.name);
      const run = async (prompt: string): Promise<string> => {
        const file = join(cli?.binDir ?? "", subject.name);
        const plan = { file, args: subject.args(prompt), env, cwd: home.cwd, promptPassed: true, memo: {} };
        const metering = await adapter?.meter?.(plan, {
          baseUrl: `${opened.value.url}/s1`,
          token: "t0ken-of-the-session",
        });
        if (metering?.type !== "metered") throw new Error(metering?.why ?? "no meter");
        expect(metering.args.join(" ")).not.toContain("t0ken");
        opened.value.register({
          sessionId: "s1",
          agent: subject.name,
          token: "t0ken-of-the-session",
          ...metering,
          env,
        });
        return output(file, { args: metering.args, env: metering.env, cwd: home.cwd });
      };
      expect(await run("hello [[text counted-answer]]")).toContain("counted-answer");
      const reports = outcomes.flatMap(({ report }) => (report === undefined ? [] : [report]));
      expect(reports.map(({ tokens }) => [tokens?.input, tokens?.output, tokens?.cacheRead])).toEqual(
        model.requests.map(({ usage, api }) => [
          usage.input,
          usage.output + (api === "gemini" ? usage.reasoning : 0),
          usage.cacheRead,
        ]),
      );
      expect(reports.every(({ confidence, outcome }) => confidence === "exact" && outcome === "complete")).toBe(true);
      expect(JSON.stringify(outcomes)).not.toContain(CANARY);
      verdict = { allow: false, level: "hard", sentence: SENTENCE };
      const answered = model.requests.length;
      asked = 0;
      expect((await run("go on")).replaceAll(/\s+/g, " ")).toContain(SENTENCE);
      expect(model.requests.length).toBe(answered);
      expect(asked).toBeLessThanOrEqual(3);
    },
  );
});

function output(
  file: string,
  how: { args: readonly string[]; env: Readonly<Record<string, string>>; cwd: string },
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(file, [...how.args], { env: { ...how.env }, cwd: how.cwd, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("close", () => resolve(text));
  });
}
