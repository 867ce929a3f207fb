/** A plain command that tells of its own usage with the README's curl line: counted, held to its budget, and to itself. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { ConnectedClient } from "#shared/rpc/client.ts";
import { eventually } from "#test/support/deadline.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const PATIENCE_MS = 30_000;

function hasCurl(): boolean {
  try {
    return /\ncurl/.test(`\n${execFileSync("curl", ["--version"], { encoding: "utf8" })}`);
  } catch {
    return false;
  }
}

/** As a person would copy it. */
async function lineOfReadme(): Promise<string> {
  const readme = await readFile(join(import.meta.dirname, "../../../README.md"), "utf8");
  const line = /```sh\n(printf 'Authorization[^`]+)```/.exec(readme)?.[1];
  if (line === undefined) throw new Error("The README has no line that tells usage.");
  return line;
}

/** Tells of one request twice as the README does, then whatever is typed into it: `own` or an address, and a body. */
async function teller(): Promise<string> {
  const line = await lineOfReadme();
  await writeFile(join(live.dir, "readme.sh"), line);
  const typed = line.replace(/-d '[^']*'/, '-d "$body"').replace('"$SIGNALBOX_HOOK_URL"', '"$url"');
  await writeFile(join(live.dir, "typed.sh"), `url=$1 body=$2\n${typed}`);
  return [
    "for n in 1 2; do said=$(sh readme.sh 2>&1); echo $said $? >> answers; done",
    "while read -r url body; do",
    'if [ "$url" = own ]; then url=$SIGNALBOX_HOOK_URL; fi',
    'said=$(sh typed.sh "$url" "$body" 2>&1); echo $said $? >> answers',
    "done",
  ].join("\n");
}

async function hooked(client: ConnectedClient) {
  const page = await client.query("usage.entries", { limit: 50 });
  if (!page.ok) throw new Error(page.error.message);
  return page.value.entries.map(({ path, source, confidence, model, tokens }) => ({
    path,
    source,
    confidence,
    model,
    tokens,
  }));
}

/** What the program was answered, and curl's exit code, one line for each call. */
async function answers(count: number): Promise<readonly string[]> {
  const all = async () => {
    const lines = await live.lines("answers");
    return lines.length >= count && lines;
  };
  return eventually(`${count} answers`, all, PATIENCE_MS);
}

const body = (given: Record<string, unknown>): string =>
  JSON.stringify({ hook_event_name: "Usage", id: "typed", model: "claude-sonnet-4-5", input: 0, output: 0, ...given });

const tell = async (app: LiveApp, to: string, given: Record<string, unknown>): Promise<void> => {
  const { code, stderr } = await app.cli("send", "teller", `${to} ${body(given)}`);
  expect([code, stderr]).toEqual([0, ""]);
};

const OF_README = {
  path: "shop/teller",
  source: "hook",
  confidence: "exact",
  model: "claude-sonnet-4-5",
  tokens: { input: 1200, output: 340, cacheRead: 5000, cacheWrite: 0, reasoning: 0 },
};

describe.skipIf(!hasCurl() || process.platform === "win32")("a plain command that tells of its usage", () => {
  it(
    "is counted once for each request and only for itself, is told what it got wrong, and stops at its budget",
    { timeout: 120_000 },
    async () => {
      const first = await live.serve();
      const budget = "restart: permanent, budget: { tokens: 10k, period: day }";
      const children = [
        agent("teller", await teller(), budget),
        agent("other", 'echo "$SIGNALBOX_HOOK_URL $SIGNALBOX_MCP_URL" > other.door; while :; do sleep 0.2; done'),
      ];
      await live.up(first, { name: "shop", children });
      expect(await answers(2)).toEqual(["{} 0", "{} 0"]);
      const seen = await live.client(first);
      const counted = await eventually("it is counted", async () => {
        const found = await hooked(seen);
        return found.length > 0 && found;
      });
      expect(counted).toEqual([OF_README]);
      expect((await first.cli("usage", "today", "--by", "source")).stdout).toMatch(/^hook +1 +1\.2k +340 +5k /m);

      await tell(first, "own", { input: -5 });
      const sentence = "Usage was not counted: input must be a whole number from 0 to 1,000,000,000.";
      expect((await answers(3))[2]).toMatch(/ 22$/);
      expect((await answers(3))[2]).toContain(JSON.stringify({ error: sentence }));
      const unknown = await eventually("it is listed", async () => {
        const listed = await seen.query("usage.unknown", {});
        return listed.ok && listed.value.length > 0 && listed.value;
      });
      expect(unknown.map(({ path, source, detail }) => [path, source, detail])).toEqual([
        ["shop/teller", "hook", sentence],
      ]);

      const [door = ""] = await eventually("the other's address", async () => {
        const lines = await live.lines("other.door");
        return lines.length > 0 && lines;
      });
      const [url = "", ...tools] = door.split(" ");
      expect(tools).toEqual([""]);
      await tell(first, url, { input: 100 });
      expect((await answers(4))[3]).toContain("Wrong or missing token.");
      const refused = await eventually("it is recorded", async () => {
        const read = await seen.query("events.read", { pattern: "sys.callers.refused", limit: 10 });
        return read.ok && read.value.events.length > 0 && read.value.events;
      });
      expect(refused.map(({ data }) => [data["why"], data["door"], data["path"], data["claimed"]])).toEqual([
        ["wrong_token", "hook", "shop/teller", "shop/other"],
      ]);
      expect(await hooked(seen)).toEqual([OF_README]);

      await first.kill("SIGKILL");
      const next = await live.serve();
      await next.waitFor("teller", (node) => node.state === "busy" && node.generation === 1, "goes on");
      await tell(next, "own", { id: "over", input: 4000 });
      const paused = await next.waitFor(
        "teller",
        (node) => node.state === "paused" && node.pid === undefined,
        "stops",
        PATIENCE_MS,
      );
      expect(paused).toMatchObject({ exitCause: "budget_exhausted", generation: 1 });
      expect(paused.detail).toMatch(/^Paused at its budget of 10k tokens\./);
      const after = await live.client(next);
      expect((await hooked(after)).map(({ source, tokens }) => [source, tokens.input])).toEqual([
        ["hook", 4000],
        ["hook", 1200],
      ]);
      expect(await next.cli("start", "teller")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("budget_exhausted"),
      });
    },
  );
});
