/** The gateway as it runs, in the real core: limits it sees are the agent's, and no credential that passes is ever kept. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { eventually } from "#test/support/deadline.ts";
import { LiveApp } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";
import { meteredScene, post } from "#test/support/meteredScene.ts";

const live = liveSuite();
const CANARY = "canary-7f3a9c1e5b2d4f6089ab";

const IDLE = "printf '\\033]0;\\342\\234\\263 Claude\\007'";
const TROUBLE = { status: 429, message: "Five hours are used up." };

describe("a limit that the gateway sees", () => {
  it("is the agent's, with its reset, until the provider answers again; an agent that ends at it is parked", async () => {
    const { model, app, node, ask } = await meteredScene(live, { end: `${IDLE}; head -c 1 >/dev/null; exit 1` });
    await eventually("it is idle", async () => (await node()).state === "idle", 20_000);
    model.setTrouble({ ...TROUBLE, headers: { "retry-after": "3600" } });
    const askedAt = Date.now();
    expect(await ask()).toBe(429);
    const limited = await eventually("it is limited", async () => {
      const now = await node();
      return now.state === "rate_limited" && now;
    });
    expect(limited.detail).toBe("Five hours are used up.");
    expect(Math.round((Date.parse(limited.nextStartAt ?? "") - askedAt) / 60_000)).toBe(60);
    const waits = await eventually("it waits for a person", async () => {
      return noticeOf(app);
    });
    expect(waits).toBe("Five hours are used up. Tell it to go on when the limit has reset.");
    model.setTrouble(undefined);
    expect(await ask()).toBe(200);
    await eventually("it is idle again", async () => (await node()).state === "idle");
    model.setTrouble({ ...TROUBLE, headers: { "retry-after": "3600" } });
    await ask();
    await eventually("it is limited again", async () => (await node()).state === "rate_limited");
    expect(await app.cli("send", "coder", "x", "--now")).toMatchObject({ code: 0 });
    const parked = await eventually("it is parked", async () => {
      const now = await node();
      return now.pid === undefined && now;
    });
    expect(parked).toMatchObject({ state: "rate_limited", exitCause: "rate_limited", restarts: 0 });
    expect(Date.parse(parked.nextStartAt ?? "")).toBeGreaterThan(askedAt + 3_000_000);
  });

  it.each([
    ["goes on at the reset where its file says so", true],
    ["goes nowhere without consent", false],
  ])("%s", async (_what, isAgreed) => {
    const typed = join(live.dir, "typed");
    const end = `${IDLE}; stty -echo -icanon; cat > ${typed}`;
    const { model, app, node, ask } = await meteredScene(live, {
      end,
      rest: isAgreed ? ", resume_at_reset: true" : "",
    });
    await eventually("it is idle", async () => (await node()).state === "idle", 20_000);
    model.setTrouble({ ...TROUBLE, headers: { "retry-after": "4" } });
    await ask();
    await eventually("it is limited", async () => (await node()).state === "rate_limited");
    if (isAgreed) {
      const listed = await eventually("the notice", async () => {
        return noticeOf(app);
      });
      expect(listed).toContain("It goes on by itself when the limit resets.");
    }
    await eventually("the limit is over", async () => (await node()).state === "idle");
    const words = (): Promise<string> => readFile(typed, "utf8").catch(() => "");
    if (isAgreed)
      await eventually("it is told to go on", async () => (await words()).includes("Go on where you stopped"));
    else expect(await words()).toBe("");
  });
});

describe("what an agent works on", () => {
  it("is its file's task until a prompt is sent for another, which it keeps over a restart of the app", async () => {
    const { app, ask } = await meteredScene(live, { rest: ", task: triage" });
    const entries = async (now: LiveApp): Promise<readonly string[]> => {
      const { stdout } = await now.cli("usage", "--by", "task", "--json");
      return stdout.split("\n").flatMap((line) => /"label":"([^"]*)"/.exec(line)?.[1] ?? []);
    };
    expect(await ask()).toBe(200);
    await eventually("the first is counted", async () => (await entries(app)).includes("triage"));
    expect(await app.cli("send", "coder", "mend it", "--task", "SB-7")).toMatchObject({ code: 0 });
    expect(await ask()).toBe(200);
    await eventually("the second is counted", async () => (await entries(app)).includes("SB-7"));
    await app.kill("SIGKILL");
    const next = await LiveApp.start({ dataDir: app.dataDir });
    live.defer(() => next.kill());
    await next.waitFor("coder", ({ pid }) => pid !== undefined);
    expect(await ask()).toBe(200);
    await eventually("the third is counted as the second was", async () =>
      /SB-7\s+(\S+\s+)*2\b/.test((await next.cli("usage", "--by", "task")).stdout),
    );
    expect(await next.cli("send", "coder", "x", "--task", " ")).toMatchObject({ code: 1 });
  });
});

describe("a credential that passes", () => {
  it("is nowhere in the data directory: not by the gateway, not by telemetry, not by a hook, not after a kill", async () => {
    const { model, app, standIn, ask } = await meteredScene(live, {
      rest: ", budget: { tokens: 1M, period: day }",
      key: CANARY,
    });
    const credentials = {
      authorization: `Bearer ${CANARY}`,
      "x-api-key": CANARY,
      "x-goog-api-key": CANARY,
      cookie: `session=${CANARY}`,
      "proxy-authorization": `Basic ${btoa(CANARY)}`,
    };
    expect(await ask({ headers: credentials })).toBe(200);
    expect(await ask({ path: `/v1beta/models/gemini-x:generateContent?key=${CANARY}`, headers: credentials })).toBe(
      200,
    );
    expect(await ask({ path: `/v1/models/${CANARY}/unknown?key=${CANARY}`, headers: credentials })).toBe(404);
    model.setTrouble({ status: 429, message: `Too many requests for key ${CANARY}`, headers: { "retry-after": "60" } });
    expect(await ask({ headers: credentials })).toBe(429);
    model.setTrouble({ status: 401, message: `Incorrect key ${CANARY}` });
    expect(await ask({ headers: credentials })).toBe(401);
    const given = await standIn.given();
    expect(await tellTelemetry(given)).toBe(200);
    expect(await tellHook(given, credentials)).toBe(200);
    const client = await live.client(app);
    await eventually("the ledger has them", async () => {
      const page = await client.query("usage.entries", { limit: 100 });
      return page.ok && page.value.entries.length >= 2;
    });
    await app.kill("SIGKILL");
    const files = await filesBelow(app.dataDir);
    expect(files.some((file) => file.endsWith("-wal"))).toBe(true);
    const forms = [CANARY, btoa(CANARY), Buffer.from(CANARY).toString("hex"), encodeURIComponent(CANARY)];
    let modelIn = 0;
    for (const file of files) {
      const bytes = await readFile(file);
      expect([file, forms.filter((form) => bytes.includes(form))]).toEqual([file, []]);
      if (bytes.includes("claude-x")) modelIn += 1;
    }
    // What is kept of these requests is found by the same search.
    expect(modelIn).toBeGreaterThan(0);
  });
});

/** Claude's own event for an answered request, with credentials where an exporter could leave them. */
async function tellTelemetry(given: Readonly<Record<string, string>>): Promise<number> {
  const attribute = (key: string, stringValue: string): unknown => ({ key, value: { stringValue } });
  const record = {
    timeUnixNano: `${Date.now()}000000`,
    body: { stringValue: "claude_code.api_request" },
    attributes: [
      attribute("event.name", "api_request"),
      attribute("model", "claude-x"),
      attribute("session.id", "c1"),
      attribute("request_id", "req_canary_1"),
      attribute("input_tokens", "12"),
      attribute("output_tokens", "3"),
      attribute("prompt", CANARY),
      attribute("http.request.header.authorization", `Bearer ${CANARY}`),
    ],
  };
  const resource = { attributes: [attribute("process.environ", `ANTHROPIC_API_KEY=${CANARY}`)] };
  const token = (given["OTEL_EXPORTER_OTLP_HEADERS"] ?? "").replace("Authorization=", "");
  return post(
    `${given["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? ""}/v1/logs?key=${CANARY}`.replace(/\?.*$/, ""),
    { authorization: token, "x-api-key": CANARY },
    { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: "claude" }, logRecords: [record] }] }] },
  );
}

async function tellHook(
  given: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const settings = /--settings[= ](\S+)/.exec(given["STAND_IN_ARGS"] ?? "")?.[1] ?? "";
  const url = /"url": "([^"]+)"/.exec(await readFile(settings, "utf8"))?.[1] ?? "";
  const body = {
    hook_event_name: "UserPromptSubmit",
    session_id: "c1",
    prompt: CANARY,
    env: { ANTHROPIC_API_KEY: CANARY },
  };
  return post(url, { ...headers, authorization: `Bearer ${given["SIGNALBOX_HOOK_TOKEN"] ?? ""}` }, body);
}

/** What the inbox says of an agent at a limit; asked anew, since an item is told when it opens and when it goes. */
async function noticeOf(app: LiveApp): Promise<string | undefined> {
  const client = await live.client(app);
  return new Promise((resolve) => {
    client.open(
      "inbox",
      {},
      {
        onItem: (item) => {
          if (item.type !== "snapshot") return;
          resolve(item.items.find(({ kind, status }) => kind === "rate_limited" && status === "open")?.body);
          client.close();
        },
        onEnd: () => resolve(undefined),
      },
    );
  });
}

async function filesBelow(dir: string): Promise<readonly string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
