/** A prompt that carries its token budget: both arrive, or neither. */
import { expect, it } from "vitest";
import { z } from "zod";
import { budgetId } from "#shared/model/budget.ts";
import { eventually } from "#test/support/deadline.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const budgetLine = z.object({ id: z.string(), period: z.string(), limit: z.number(), available: z.number() });

async function budgets(app: LiveApp): Promise<ReadonlyMap<string, z.infer<typeof budgetLine>>> {
  const { stdout } = await app.cli("budget", "--json");
  return new Map(
    z
      .array(budgetLine)
      .parse(JSON.parse(stdout))
      .map((one) => [one.id, one]),
  );
}

it("hands the giver's tokens over with the text, and keeps them where nobody can be told; what is left comes back", async () => {
  const app = await live.serve();
  await live.up(app, { name: "team", children: [agent("lead", "exec cat"), agent("worker", "exec cat")] });
  await app.waitFor("worker", (node) => node.state === "busy");
  expect((await app.cli("budget", "set", "lead", "1000tokens", "--period", "day")).code).toBe(0);
  const sent = await app.cli("send", "worker", "look into it", "--tokens", "400", "--from", "lead");
  expect(sent).toMatchObject({ code: 0, stdout: "sent to team/worker with 400 tokens\n" });
  await eventually("the worker is told", async () =>
    /look into it[^]*Token budget for this: 400 tokens\./.test((await app.cli("logs", "worker")).stdout),
  );
  const [giver, taker] = [budgetId("team/lead", "day", "tokens"), budgetId("team/worker", "handover", "tokens")];
  expect((await budgets(app)).get(giver)).toMatchObject({ available: 600 });
  expect((await budgets(app)).get(taker)).toMatchObject({ limit: 400, available: 400 });

  await app.cli("stop", "worker");
  await app.waitFor("worker", (node) => node.state === "stopped");
  const refused = await app.cli("send", "worker", "and this", "--tokens", "100", "--from", "lead");
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("does not run") });
  expect((await budgets(app)).get(giver)).toMatchObject({ available: 600 });
  expect((await budgets(app)).get(taker)).toMatchObject({ available: 400 });

  expect(await app.cli("budget", "handback", "worker")).toMatchObject({
    code: 0,
    stdout: "worker gave 400 tokens back\n",
  });
  expect((await budgets(app)).get(giver)).toMatchObject({ available: 1000 });
  expect((await budgets(app)).get(taker)).toBeUndefined();
  expect(await app.cli("budget", "handback", "worker")).toMatchObject({ code: 1 });

  for (const [flags, words] of [
    [["--from", "lead"], "how many"],
    [["--tokens", "many"], "no number of tokens"],
  ] as const)
    expect(await app.cli("send", "worker", "x", ...flags)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(words),
    });
});
