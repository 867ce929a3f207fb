/**
 * Two versions of the app on one data directory, one after the other, in their real processes: what runs goes on, nothing
 * printed is lost, and a version that cannot go on says so and harms nothing.
 */
import { describe, expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { isAlive, runCli, type LiveApp } from "#test/support/liveApp.ts";
import { listRunningKeepers, type RunningKeeper } from "#platform/keeperLaunch.ts";
import { killHard, liveSuite, pidOf } from "#test/support/liveSuite.ts";
import { changedBuild, releasedBuild } from "#test/support/otherBuild.ts";

const live = liveSuite();
const released = await releasedBuild();
const PATIENCE_MS = 60_000;
/** Several starts of the app each, and an older keeper goes only 30 s after its last session. */
const TEST_MS = 300_000;

const TICKER = `n=0; while :; do n=$((n+1)); echo tick $n; sleep 0.02; done`;
const child = (id: string): string =>
  `{ id: ${id}, command: ${JSON.stringify(TICKER)}, restart: permanent, shutdown: 1s }`;

/** Every tick from the first on, each once, and more of them than before; all lives of the agent. */
async function nothingMissing(app: LiveApp, id: string, before: number): Promise<number> {
  const client = await live.client(app);
  let text = "";
  const stream = client.open(
    "logs",
    { id, follow: true },
    { onItem: (_item, bytes) => (text += Buffer.from(bytes ?? []).toString("latin1")) },
  );
  const seen = await eventually(
    `${id} goes on printing`,
    () => {
      const all = [...text.matchAll(/tick (\d+)\r\n/g)].map((match) => Number(match[1]));
      return (all.at(-1) ?? 0) > before + 20 ? all : undefined;
    },
    PATIENCE_MS,
  );
  stream.close();
  client.close();
  expect(seen).toEqual(seen.map((_, index) => index + 1));
  return seen.length;
}

function keepers(): Promise<readonly RunningKeeper[]> {
  return listRunningKeepers(live.dir);
}

async function keeperCount(count: number): Promise<void> {
  await eventually(`${count} keepers run`, async () => (await keepers()).length === count, PATIENCE_MS);
}

describe.skipIf(released === undefined)("a new version after the released one", () => {
  it(
    "adopts what the older keeper holds, starts new agents in its own, and outlives the older one",
    async () => {
      const old = await live.serveBuild(released ?? "");
      await live.up(old, { name: "shop", children: [child("veteran")] });
      const pid = await pidOf(old, "veteran");
      const printed = await nothingMissing(old, "veteran", 0);
      const [oldKeeper] = await keepers();
      await old.kill("SIGTERM");

      const app = await live.serve();
      expect(await app.node("veteran")).toMatchObject({ pid, generation: 1, restarts: 0 });
      const adopted = await nothingMissing(app, "veteran", printed);
      await live.up(app, { name: "annex", children: [child("newcomer")] });
      await pidOf(app, "newcomer");
      await keeperCount(2);
      const later = await nothingMissing(app, "veteran", adopted);
      const joined = await nothingMissing(app, "newcomer", 0);
      // The app between them is killed: the next one finds both keepers.
      await app.kill("SIGKILL");
      const next = await live.serve();
      expect(await next.node("veteran")).toMatchObject({ pid, generation: 1, restarts: 0 });
      await nothingMissing(next, "veteran", later);
      const still = await nothingMissing(next, "newcomer", joined);
      // A restarted agent moves over; the older keeper, which now keeps nothing, leaves.
      expect(await next.cli("restart", "veteran")).toMatchObject({ code: 0 });
      expect(await next.node("veteran")).toMatchObject({ generation: 2 });
      await eventually("the older keeper leaves", () => !isAlive(oldKeeper?.endpoint.pid ?? 0), PATIENCE_MS);
      await keeperCount(1);
      await nothingMissing(next, "newcomer", still);
      expect((await next.node("newcomer")).restarts).toBe(0);
    },
    TEST_MS,
  );

  it(
    "takes the loss of one keeper for the loss of that keeper's agents only",
    async () => {
      const old = await live.serveBuild(released ?? "");
      await live.up(old, { name: "shop", children: [child("veteran")] });
      const before = await pidOf(old, "veteran");
      const [oldKeeper] = await keepers();
      await old.kill("SIGTERM");
      const app = await live.serve();
      await live.up(app, { name: "annex", children: [child("newcomer")] });
      const newcomer = await pidOf(app, "newcomer");
      await keeperCount(2);
      killHard(oldKeeper?.endpoint.pid ?? 0);
      const after = await app.waitFor("veteran", (node) => node.generation === 2 && node.pid !== undefined);
      expect(after).toMatchObject({ restarts: 0, exitCause: "keeper_lost" });
      expect(isAlive(before)).toBe(false);
      expect(await app.node("newcomer")).toMatchObject({ pid: newcomer, generation: 1 });
      await nothingMissing(app, "newcomer", 0);
      await keeperCount(1);
    },
    TEST_MS,
  );

  it(
    "and back again: the released app takes over or says why not, and whoever returns can start agents",
    async () => {
      const app = await live.serve();
      await live.up(app, { name: "shop", children: [child("veteran")] });
      const pid = await pidOf(app, "veteran");
      const printed = await nothingMissing(app, "veteran", 0);
      await app.kill("SIGTERM");
      const older = await live.serveBuild(released ?? "").catch((error: unknown) => String(error));
      if (typeof older === "string") expect(older).toMatch(/schema_too_new: .*newer/);
      else {
        expect(await older.node("veteran")).toMatchObject({ pid, generation: 1, restarts: 0 });
        await nothingMissing(older, "veteran", printed);
        await live.up(older, { name: "annex", children: [child("newcomer")] });
        await pidOf(older, "newcomer");
        await older.kill("SIGTERM");
      }
      const again = await live.serve();
      expect(await again.node("veteran")).toMatchObject({ pid, generation: 1, restarts: 0 });
      await nothingMissing(again, "veteran", printed);
      // Its own keeper was told by the older app to take nothing new; its own app is back.
      await live.up(again, { name: "more", children: [child("third")] });
      await pidOf(again, "third");
    },
    TEST_MS,
  );
});

const LATER = { file: "package.json", from: '"version": "', to: '"version": "9' };
const protocol = (name: string): { file: string; from: string; to: string } => ({
  file: "shared/rpc/keeperProtocol.ts",
  from: `export const ${name} = 1;`,
  to: `export const ${name} = 2;`,
});

describe("a keeper of a later version", () => {
  it(
    "that still speaks this protocol is adopted as an older one is",
    async () => {
      const later = await live.serveBuild(await changedBuild([LATER, protocol("KEEPER_PROTOCOL")]));
      await live.up(later, { name: "shop", children: [child("veteran")] });
      const pid = await pidOf(later, "veteran");
      const printed = await nothingMissing(later, "veteran", 0);
      await later.kill("SIGTERM");
      const app = await live.serve();
      expect(await app.node("veteran")).toMatchObject({ pid, generation: 1, restarts: 0 });
      await nothingMissing(app, "veteran", printed);
      expect((await keepers()).map(({ endpoint }) => endpoint.protocol)).toEqual([2]);
    },
    TEST_MS,
  );

  it(
    "that no longer does is told in a sentence and left alone; the emergency stop reaches it all the same",
    async () => {
      const build = await changedBuild([LATER, protocol("KEEPER_PROTOCOL"), protocol("OLDEST_KEEPER_PROTOCOL")]);
      const later = await live.serveBuild(build);
      await live.up(later, { name: "shop", children: [child("veteran")] });
      const pid = await pidOf(later, "veteran");
      const printed = await nothingMissing(later, "veteran", 0);
      await later.kill("SIGTERM");
      await expect(live.serve()).rejects.toThrow(
        /unsupported: A session keeper of a newer Signalbox .*agents go on untouched\. Start the newer version again/,
      );
      expect(isAlive(pid)).toBe(true);
      const again = await live.serveBuild(build);
      expect(await again.node("veteran")).toMatchObject({ pid, generation: 1, restarts: 0 });
      await nothingMissing(again, "veteran", printed);
      await again.kill("SIGTERM");
      await expect(live.serve()).rejects.toThrow(/unsupported/);

      expect(await runCli(live.dir, "estop")).toMatchObject({ code: 0 });
      expect(isAlive(pid)).toBe(false);
    },
    TEST_MS,
  );
});
