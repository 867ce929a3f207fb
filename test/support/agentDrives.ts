/**
 * The four agent CLIs as the suites of the running app drive them: how each is pointed at the fake model, how its tools
 * and questions are called, where it keeps its conversations and its sign-in. One row per CLI; the promises are the same.
 */
import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { CliName } from "./agentClis.ts";
import type { FakeTrouble } from "./fakeModelTurn.ts";

/** Folders of one test. */
export interface DrivePlace {
  /** HOME of the CLI. */
  readonly home: string;
  readonly cwd: string;
  readonly modelUrl: string;
}

export interface AgentDrive {
  readonly cli: CliName;
  /** Seeds the home; answers the variables that point the CLI at the fake model. */
  prepare(place: DrivePlace): Promise<Readonly<Record<string, string>>>;
  /** What the child needs in the fleet file beside id, agent, cwd and prompt. */
  child(place: DrivePlace): Readonly<Record<string, unknown>>;
  /** The directive that makes the model call the shell, so that the CLI asks for permission. */
  shell(command: string): string;
  /** The directive that makes the model ask the person. */
  readonly question: string;
  /** How often Escape interrupts a turn. */
  readonly interruptPresses: number;
  /** A session id of its form that it does not know. */
  readonly unknownSession: string;
  /** Takes the stored conversations away. */
  forgetSessions(place: DrivePlace): Promise<void>;
  /** A limit as this provider tells it; with when it resets, or without. */
  limit(resetsInS: number | undefined): FakeTrouble;
  /** What the provider answers once the sign-in is no longer good. */
  readonly unauthorized: FakeTrouble;
}

const CLAUDE_KEY = "sk-ant-fake-0123456789abcdefghij";

const claude: AgentDrive = {
  cli: "claude",
  async prepare({ home, cwd, modelUrl }) {
    const config = join(home, "claude");
    await mkdir(config, { recursive: true });
    const seed = {
      hasCompletedOnboarding: true,
      customApiKeyResponses: { approved: [CLAUDE_KEY.slice(-20)], rejected: [] },
      projects: { [cwd]: { hasTrustDialogAccepted: true } },
    };
    await writeFile(join(config, ".claude.json"), JSON.stringify(seed));
    return {
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_API_KEY: CLAUDE_KEY,
      CLAUDE_CONFIG_DIR: config,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "1",
      DISABLE_AUTOUPDATER: "1",
    };
  },
  child: () => ({}),
  shell: (command) => `[[tool Bash ${JSON.stringify({ command, description: "make a file" })}]]`,
  question: `[[tool AskUserQuestion ${JSON.stringify({
    questions: [
      {
        question: "Which colour?",
        header: "Colour",
        multiSelect: false,
        options: [
          { label: "Red", description: "the warm one" },
          { label: "Blue", description: "the cold one" },
        ],
      },
    ],
  })}]]`,
  interruptPresses: 1,
  unknownSession: "00000000-0000-4000-8000-000000000000",
  forgetSessions: ({ home }) => rm(join(home, "claude", "projects"), { recursive: true, force: true }),
  limit: (resetsInS) => ({
    status: 429,
    message:
      resetsInS === undefined
        ? "This request would exceed your account's rate limit. Please try again later."
        : `This request would exceed your account's rate limit. Please try again in ${resetsInS} seconds.`,
    ...(resetsInS === undefined ? {} : { headers: { "retry-after": String(resetsInS) } }),
  }),
  unauthorized: { status: 401, message: "invalid x-api-key" },
};

const codex: AgentDrive = {
  cli: "codex",
  async prepare({ home }) {
    const codexHome = join(home, "codex");
    await mkdir(codexHome, { recursive: true });
    return { CODEX_HOME: codexHome, FAKE_KEY: "x" };
  },
  child: ({ cwd, modelUrl }) => {
    const retries = "request_max_retries=1,stream_max_retries=1";
    const settings = [
      'model="gpt-fake"',
      'model_provider="fake"',
      `model_providers.fake={name="Fake",base_url="${modelUrl}/v1",env_key="FAKE_KEY",wire_api="responses",${retries}}`,
      `projects."${cwd}".trust_level="trusted"`,
      "check_for_update_on_startup=false",
      "analytics.enabled=false",
      "features.default_mode_request_user_input=true",
    ];
    return { args: ["-a", "on-request", ...settings.flatMap((setting) => ["-c", setting])] };
  },
  shell: (cmd) =>
    `[[tool exec_command ${JSON.stringify({ cmd, sandbox_permissions: "require_escalated", justification: "it is needed" })}]]`,
  question: `[[tool request_user_input ${JSON.stringify({
    questions: [
      {
        id: "colour",
        header: "Colour",
        question: "Which colour?",
        options: [
          { label: "Red", description: "the warm one" },
          { label: "Blue", description: "the cold one" },
        ],
      },
    ],
  })}]]`,
  interruptPresses: 1,
  unknownSession: "00000000-0000-4000-8000-000000000000",
  forgetSessions: ({ home }) => rm(join(home, "codex", "sessions"), { recursive: true, force: true }),
  limit: (resetsInS) => ({
    status: 429,
    message: "The usage limit has been reached",
    error: {
      type: "usage_limit_reached",
      plan_type: "plus",
      ...(resetsInS === undefined ? {} : { resets_at: Math.floor(Date.now() / 1000) + resetsInS }),
    },
  }),
  unauthorized: { status: 401, message: "Incorrect API key provided.", error: { code: "invalid_api_key" } },
};

const gemini: AgentDrive = {
  cli: "gemini",
  async prepare({ home, modelUrl }) {
    const folder = join(home, ".gemini");
    await mkdir(folder, { recursive: true });
    const settings = {
      security: { auth: { selectedType: "gemini-api-key" } },
      general: { enableAutoUpdate: false },
    };
    await writeFile(join(folder, "settings.json"), JSON.stringify(settings));
    return { GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: modelUrl, GEMINI_CLI_TRUST_WORKSPACE: "true" };
  },
  child: () => ({ model: "gemini-2.5-flash" }),
  shell: (command) => `[[tool run_shell_command ${JSON.stringify({ command, description: "make a file" })}]]`,
  question: `[[tool ask_user ${JSON.stringify({
    questions: [
      {
        question: "Which colour?",
        header: "Colour",
        type: "choice",
        options: [
          { label: "Red", description: "the warm one" },
          { label: "Blue", description: "the cold one" },
        ],
      },
    ],
  })}]]`,
  interruptPresses: 1,
  unknownSession: "00000000-0000-4000-8000-000000000000",
  forgetSessions: ({ home }) => rm(join(home, ".gemini", "tmp"), { recursive: true, force: true }),
  limit: (resetsInS) => ({
    status: 429,
    message:
      resetsInS === undefined
        ? "You exceeded your current quota, please check your plan and billing details."
        : `You exceeded your current quota, please check your plan and billing details. Please retry in ${resetsInS}s.`,
    error: {
      status: "RESOURCE_EXHAUSTED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.QuotaFailure",
          violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }],
        },
        ...(resetsInS === undefined
          ? []
          : [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${resetsInS}s` }]),
      ],
    },
  }),
  unauthorized: {
    status: 401,
    message: "API key not valid. Please pass a valid API key.",
    error: { status: "UNAUTHENTICATED" },
  },
};

const opencode: AgentDrive = {
  cli: "opencode",
  prepare({ modelUrl }) {
    const limit = { context: 200_000, output: 8_192 };
    const models = { "fake-1": { name: "Fake 1", limit }, "fake-small": { name: "Fake small", limit } };
    const options = { baseURL: `${modelUrl}/v1`, apiKey: "{env:FAKE_KEY}" };
    const config = {
      autoupdate: false,
      share: "disabled",
      model: "fake/fake-1",
      small_model: "fake/fake-small",
      provider: { fake: { npm: "@ai-sdk/openai-compatible", name: "Fake", options, models } },
      permission: { bash: "ask" },
    };
    return Promise.resolve({
      OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      FAKE_KEY: "dummy",
    });
  },
  child: () => ({}),
  shell: (command) => `[[tool bash ${JSON.stringify({ command, description: "make a file" })}]]`,
  question: `[[tool question ${JSON.stringify({
    questions: [
      {
        question: "Which colour?",
        header: "Colour",
        options: [
          { label: "Red", description: "the warm one" },
          { label: "Blue", description: "the cold one" },
        ],
      },
    ],
  })}]]`,
  interruptPresses: 2,
  unknownSession: "ses_doesnotexist00000000000000",
  forgetSessions: async ({ home }) => {
    const data = join(home, ".local", "share", "opencode");
    for (const name of await readdir(data).catch(() => []))
      if (/^opencode\.db|^storage$/.test(name)) await rm(join(data, name), { recursive: true, force: true });
  },
  limit: (resetsInS) => ({
    status: 429,
    message: "Rate limit reached for requests",
    ...(resetsInS === undefined ? {} : { headers: { "retry-after": String(resetsInS) } }),
    error: { code: "rate_limit_exceeded" },
  }),
  unauthorized: { status: 401, message: "Incorrect API key provided.", error: { code: "invalid_api_key" } },
};

export const AGENT_DRIVES: readonly AgentDrive[] = [claude, codex, gemini, opencode];

/** The CLI's launcher on the person's PATH, to be pointed elsewhere as an update does. */
export async function placeLauncher(binDir: string, name: string, lines: string): Promise<void> {
  await mkdir(binDir, { recursive: true });
  const file = join(binDir, name);
  await writeFile(file, `#!/bin/sh\n${lines}\n`);
  await chmod(file, 0o755);
}
