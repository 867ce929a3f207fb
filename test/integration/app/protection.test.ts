/** Machine protection: starts that wait for memory, and agents that use more of it than a person allowed. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agent, liveSuite, pidOf } from "#test/support/liveSuite.ts";

const live = liveSuite();
/** Holds this many megabytes for as long as it lives. */
const hog = (mb: number): string =>
  `${process.execPath} -e "globalThis.a = Buffer.alloc(${mb}e6, 1); setInterval(() => {}, 1e6)"`;

describe("below the floor of free memory", () => {
  it("a new agent waits and says so, a person can start it anyway, and the rest goes when there is room", async () => {
    const app = await live.serve();
    const client = await live.client(app);
    const floor = (value: number) => client.command("settings.set", { key: "startAboveFreeMb", value });
    await floor(4_000_000);
    await live.up(app, { name: "tight", children: ["a", "b", "c"].map((id) => agent(id, "sleep 1000")) });
    const waiting = await app.waitFor("a", (node) => node.queued === true, "queued");
    expect(waiting).toMatchObject({ state: "starting", restarts: 0 });
    expect(waiting.detail).toMatch(/^Waits for memory: .* free, starts above 4 TB$/);
    expect((await app.cli("tree")).stdout).toContain("Waits for memory");
    expect(await app.cli("start", "b")).toMatchObject({ code: 0 });
    await pidOf(app, "b");
    expect(await app.cli("stop", "c")).toMatchObject({ code: 0 });
    await floor(1);
    await pidOf(app, "a");
    expect((await app.node("a")).queued).toBeUndefined();
    expect(await app.node("c")).toMatchObject({ state: "stopped", generation: 0 });
    expect(await app.node("tight")).toMatchObject({ restartsInWindow: 0 });
    expect((await app.cli("events", "--subject", "ws.tight.agent.a.start_queued")).stdout).toContain(
      "Waits for memory",
    );
  });
});

describe("an agent with a memory limit", () => {
  it("that warns: says so in the tree and in the inbox, and goes on", async () => {
    const app = await live.serve();
    const limits = "limits: { memory: 150MB, on_exceed: warn }";
    await live.up(app, { name: "big", children: [agent("x", hog(200), limits)] });
    const pid = await pidOf(app, "x");
    const over = await app.waitFor("x", (node) => node.detail?.includes("its limit is 150 MB") === true, "over");
    expect(over).toMatchObject({ pid, restarts: 0 });
    const { stdout } = await app.cli("events", "--subject", "sys.inbox.opened", "--json");
    expect(stdout.trim().split("\n").map(kindOf)).toEqual(["over_limit"]);
  });

  it("that restarts: ends as out of memory with what it used, counts, and starts again", async () => {
    const app = await live.serve();
    const limits = "limits: { memory: 150MB, on_exceed: restart }, shutdown: brutal_kill, restart: permanent";
    // The child of a child uses it, and only in its first life.
    const script = `if [ -e again ]; then exec sleep 1000; fi; touch again; sh -c '${hog(200)}; :'`;
    await live.up(app, { name: "big", children: [agent("x", script, limits)] });
    const next = await app.waitFor("x", (node) => node.generation === 2 && node.pid !== undefined, "second life");
    expect(next).toMatchObject({ exitCause: "out_of_memory", restarts: 1 });
    expect(next.exitDetail).toMatch(/^Used 2\d\d MB, its limit is 150 MB$/);
    expect(await app.node("big")).toMatchObject({ restartsInWindow: 1 });
  });
});

function kindOf(line: string): string {
  return z.object({ data: z.object({ kind: z.string() }) }).parse(JSON.parse(line)).data.kind;
}
