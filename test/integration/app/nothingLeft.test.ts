/** What an agent left running goes with its restart, its stop and the emergency stop, whatever became of app and keeper. */
import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { HYDRA_HEADS, hydra } from "#test/support/hydra.ts";
import { processesWith } from "#test/support/keeperHarness.ts";
import { runCli } from "#test/support/liveApp.ts";
import { agent, keeperPid, killHard, liveSuite, pidOf } from "#test/support/liveSuite.ts";
import { z } from "zod";

const live = liveSuite();
const killedSchema = z.object({ killed: z.number() });

/** Leaves a daemon that says when it runs, then ends. `$$` keeps the shell's own words from being taken for it. */
function leaves(seconds: number, code: number): string {
  return `(setsid sh -c "trap '' TERM HUP; echo >> left.log; sleep ${seconds}; :" >/dev/null 2>&1 &); sleep 0.5; exit ${code}`;
}

const leftBy = (seconds: number): Promise<readonly number[]> => processesWith(`sleep\u0000${seconds}\u0000`);

describe("a daemon that an agent left", () => {
  it("goes with the restart of the agent that crashed, also when that waited in backoff", async () => {
    const app = await live.serve();
    await live.up(app, {
      name: "left",
      supervisor: "{ intensity: 100, period: 60s }",
      children: [agent("x", leaves(8101, 1), "restart: permanent, backoff: { initial: 1s, max: 1s }")],
    });
    await app.waitFor("x", (node) => node.restarts >= 4, "four restarts");
    expect((await leftBy(8101)).length).toBeLessThanOrEqual(2);
    expect(await app.cli("stop", "x")).toMatchObject({ code: 0 });
    expect(await leftBy(8101)).toEqual([]);
  });

  it("goes with a stop after the app was killed and came back", async () => {
    const first = await live.serve();
    await live.up(first, { name: "left", children: [agent("x", leaves(8102, 0))] });
    await first.waitFor("x", (node) => node.state === "done");
    await first.kill();
    const app = await live.serve();
    await app.waitFor("x", (node) => node.state === "done");
    expect(await leftBy(8102)).toHaveLength(1);
    await app.cli("stop", "x");
    expect(await leftBy(8102)).toEqual([]);
  });

  it("goes with the emergency stop, though its agent is long done", async () => {
    const app = await live.serve();
    await live.up(app, { name: "left", children: [agent("x", leaves(8103, 0))] });
    await app.waitFor("x", (node) => node.state === "done");
    expect(await leftBy(8103)).toHaveLength(1);
    const { stdout } = await app.cli("estop", "--json");
    expect(killedSchema.parse(JSON.parse(stdout)).killed).toBeGreaterThanOrEqual(1);
    expect(await leftBy(8103)).toEqual([]);
  });
});

describe("the emergency stop without an app", () => {
  it("ends what a keeper left that was killed together with the app and its guard", async () => {
    const app = await live.serve();
    await live.up(app, { name: "left", children: [agent("x", hydra(8104))] });
    await pidOf(app, "x");
    await eventually("all heads", async () => (await leftBy(8104)).length >= HYDRA_HEADS / 2);
    const keeper = await keeperPid(live.dir);
    await app.kill();
    for (const guard of await processesWith("signalbox-guard\u0000")) {
      if ((await processesWith(`${live.dir}\u0000--sweep`)).includes(guard)) killHard(guard);
    }
    killHard(keeper);
    expect((await leftBy(8104)).length).toBeGreaterThan(0);
    expect(await runCli(live.dir, "estop", "--json")).toMatchObject({ code: 0 });
    expect(await leftBy(8104)).toEqual([]);
  });

  it("does not wait for a keeper that hangs", async () => {
    const app = await live.serve();
    await live.up(app, { name: "left", children: [agent("x", hydra(8105))] });
    await pidOf(app, "x");
    await eventually("all heads", async () => (await leftBy(8105)).length >= HYDRA_HEADS / 2);
    const keeper = await keeperPid(live.dir);
    await app.kill();
    process.kill(keeper, "SIGSTOP");
    live.defer(() => process.kill(keeper, "SIGCONT"));
    const { stdout } = await runCli(live.dir, "estop", "--json");
    expect(killedSchema.parse(JSON.parse(stdout)).killed).toBeGreaterThan(HYDRA_HEADS / 2);
    expect(await leftBy(8105)).toEqual([]);
  });
});

describe("the README's way to uninstall", () => {
  it("leaves no process of the app, its keeper or its agents", async () => {
    const app = await live.serve();
    await live.up(app, { name: "left", children: [agent("x", hydra(8106)), agent("y", "exec sleep 8107")] });
    await pidOf(app, "x");
    await eventually("all heads", async () => (await leftBy(8106)).length >= HYDRA_HEADS / 2);
    expect(await processesWith(live.dir)).not.toEqual([]);
    expect(await app.cli("estop")).toMatchObject({ code: 0 });
    await app.kill("SIGTERM");
    // A keeper without sessions and without an app waits half a minute for the next one.
    await eventually("nothing of it runs", async () => (await processesWith(live.dir)).length === 0, 60_000);
    expect([...(await leftBy(8106)), ...(await leftBy(8107))]).toEqual([]);
  });
});
