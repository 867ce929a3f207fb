import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { describe, expect, it, vi } from "vitest";

import { parseEnvironment, readShellEnvironment, repairPath, withoutOwnVariables } from "./shellEnv.ts";

describe("the agents' environment", () => {
  it("drops our own and other agents' marks and keeps the person's keys", () => {
    const kept = {
      PATH: "/bin",
      ANTHROPIC_API_KEY: "k",
      ANTHROPIC_BASE_URL: "http://x",
      CLAUDE_CONFIG_DIR: "/c",
      CODEX_HOME: "/h",
      GEMINI_API_KEY: "g",
      CLAUDE_CODE_OAUTH_TOKEN: "t",
      CLAUDE_CODE_USE_BEDROCK: "1",
    };
    const dropped = {
      ELECTRON_RUN_AS_NODE: "1",
      NODE_OPTIONS: "--x",
      npm_config_cache: "c",
      SIGNALBOX_DATA: "/d",
      CLAUDECODE: "1",
      CLAUDE_CODE_ENTRYPOINT: "cli",
      CODEX_SANDBOX: "s",
      GEMINI_CLI: "1",
    };
    expect(withoutOwnVariables({ ...kept, ...dropped })).toEqual(kept);
  });

  it("adds the usual folders behind PATH, each once", () => {
    expect(repairPath(["/a", "/b"].join(delimiter), ["/b", "/c"])).toBe(["/a", "/b", "/c"].join(delimiter));
  });

  it("reads values with line ends", () => {
    expect(parseEnvironment("motd\n_signalbox_environment_PATH=/bin\0A=1\n2=3\0_signalbox_environment_")).toEqual({
      PATH: "/bin",
      A: "1\n2=3",
    });
    expect(parseEnvironment("no mark")).toBeUndefined();
  });

  it.skipIf(process.platform === "win32")("asks the login shell and survives one that breaks", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-shell-"));
    const shell = join(folder, "shell");
    await writeFile(shell, `#!/bin/sh\nexport FROM_PROFILE=yes PATH="/from/profile:$PATH"\nexec /bin/sh -c "$2"\n`);
    await chmod(shell, 0o755);
    const env = await readShellEnvironment({ ...process.env, SHELL: shell, NO_COLOR: "1" });
    expect(env).toMatchObject({
      FROM_PROFILE: "yes",
      TERM: "xterm-256color",
      COLORTERM: "truecolor",
      TERM_PROGRAM: "signalbox",
    });
    expect(env["PATH"]?.startsWith("/from/profile:")).toBe(true);
    expect(env["PATH"]).toContain("/usr/local/bin");
    expect(env["NO_COLOR"]).toBeUndefined();
    const broken = await readShellEnvironment({ ...process.env, SHELL: join(folder, "gone") });
    expect(broken["PATH"]).toContain("/usr/local/bin");
    await rm(folder, { recursive: true });
  });

  it.skipIf(process.platform === "win32")("asks a start-up file that takes too long to end, not kills it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-shell-"));
    const shell = join(folder, "shell");
    const held = join(folder, "held");
    await writeFile(shell, `#!/bin/sh\ntrap 'rm "${held}"; exit' TERM HUP\n: > "${held}"\nsleep 600 & wait\n`);
    await chmod(shell, 0o755);
    const env = await readShellEnvironment({ ...process.env, SHELL: shell });
    expect(env["PATH"]).toContain("/usr/local/bin");
    await vi.waitFor(() => expect(existsSync(held)).toBe(false), 1_500);
    await rm(folder, { recursive: true });
  });
});
