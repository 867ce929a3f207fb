/**
 * A program that answers to `claude`, writes down where its requests are to go and waits: for tests of what stands between
 * an agent and its provider, where the agent itself is not the matter. Metered as the real one, in the real app.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "./deadline.ts";

export interface StandInClaude {
  /** First in an app's PATH. */
  readonly binDir: string;
  /** What the newest life was given; waits until there is one. */
  given(): Promise<Readonly<Record<string, string>>>;
  /** Where the newest life's requests go, and with which token of the gateway. */
  point(): Promise<{ readonly url: string; readonly token: string }>;
}

/** `end`: what its shell does when it has written its environment down; waiting for ever if absent. */
export async function standInClaude(dir: string, end = "while :; do sleep 1; done"): Promise<StandInClaude> {
  const [binDir, told] = [join(dir, "stand-in"), join(dir, "stand-in", "given")];
  await mkdir(binDir, { recursive: true });
  const script = `#!/bin/sh
case "$1" in
  --version) echo '2.1.329 (Claude Code)'; exit 0 ;;
  --help) echo 'Usage: claude --settings --session-id --resume'; exit 0 ;;
esac
{ env; echo "STAND_IN_ARGS=$*"; } > ${told}.$$ && mv ${told}.$$ ${told}
${end}
`;
  await writeFile(join(binDir, "claude"), script, { mode: 0o755 });
  const given = (): Promise<Readonly<Record<string, string>>> =>
    eventually(
      "the stand-in runs",
      async () => {
        const text = await readFile(told, "utf8").catch(() => undefined);
        if (text === undefined) return undefined;
        const pairs = text
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
        return Object.fromEntries(pairs) as Record<string, string>;
      },
      30_000,
    );
  return {
    binDir,
    given,
    async point() {
      const env = await given();
      const token = /x-signalbox-gateway: (\S+)/.exec(env["ANTHROPIC_CUSTOM_HEADERS"] ?? "")?.[1];
      if (token === undefined) throw new Error("the stand-in is not metered");
      return { url: env["ANTHROPIC_BASE_URL"] ?? "", token };
    },
  };
}
