/** Budgets by the command line, on what a metered agent really spends: what is said, what is refused, what follows. */
import { expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";
import { meteredScene } from "#test/support/meteredScene.ts";

const live = liveSuite();

/** The line of one budget, its columns as words. */
async function lineOf(app: LiveApp, id: string): Promise<readonly string[]> {
  const { stdout } = await app.cli("budget");
  const line = stdout.split("\n").find((one) => one.startsWith(id)) ?? "";
  return line.split(/ {2,}/).map((word) => word.trim());
}

it("shows, sets, grants, moves, freezes and tells the history of budgets; what makes no sense is refused in a sentence", async () => {
  const { app } = await meteredScene(live);
  expect((await app.cli("budget")).stdout).toContain("No budget is set.");
  for (const [args, said] of [
    [["set", "coder", "many"], "The amount is dollars such as"],
    [["set", "coder", "0"], "The amount is dollars such as"],
    [["set", "coder"], "Usage: signalbox budget set SCOPE AMOUNT"],
    [["set", "coder", "$5", "--period", "year"], "--period is one of run, day, week, month, total."],
    [["set", "nobody", "$5"], "not_found"],
    [["grant", "coder", "$5"], "not_found"],
    [["spend"], 'There is no "budget spend".'],
  ] as const)
    expect([args, await app.cli("budget", ...args)]).toEqual([
      args,
      expect.objectContaining({ code: expect.toSatisfy((code) => code !== 0), stderr: expect.stringContaining(said) }),
    ]);
  expect(await app.cli("budget", "set", "coder", "250k")).toMatchObject({ code: 0 });
  expect(await app.cli("budget", "set", "shop", "1M", "--at-limit", "soft")).toMatchObject({ code: 0 });
  expect(await lineOf(app, "shop/coder#day#tokens")).toEqual(expect.arrayContaining(["250k tokens", "ok", "hard"]));
  expect((await app.cli("budget", "grant", "coder", "$5")).stderr).toContain("counts tokens: write 250k.");
  expect(await app.cli("budget", "grant", "shop/coder#day#tokens", "50k", "--reason", "a long night")).toMatchObject({
    code: 0,
  });
  expect(await lineOf(app, "shop/coder#day#tokens")).toContain("300k tokens");
  expect(await app.cli("budget", "move", "shop/coder#day#tokens", "shop#day#tokens", "100k")).toMatchObject({
    code: 1,
  });
  expect(await app.cli("budget", "set", "*", "3M")).toMatchObject({ code: 0 });
  expect(await app.cli("budget", "move", "*#day#tokens", "shop/coder#day#tokens", "9M")).toMatchObject({ code: 1 });
  expect(await app.cli("budget", "freeze", "shop/coder#day#tokens")).toMatchObject({ code: 0 });
  expect(await lineOf(app, "shop/coder#day#tokens")).toContain("frozen");
  expect(await app.cli("budget", "unfreeze", "shop/coder#day#tokens")).toMatchObject({ code: 0 });
  const history = (await app.cli("budget", "history", "shop/coder#day#tokens")).stdout;
  for (const word of ["set", "granted", "a long night", "frozen", "unfrozen"]) expect(history).toContain(word);
  expect(await app.cli("budget", "remove", "shop/coder#day#tokens")).toMatchObject({ code: 0 });
  expect((await app.cli("budget")).stdout).not.toContain("shop/coder#day#tokens");
});

it("takes a budget edited below what is spent: it says so, shows what is over, stops the agent, and nothing more goes out", async () => {
  const { app, ask, model, node } = await meteredScene(live);
  for (let turn = 0; turn < 3; turn += 1) expect(await ask()).toBe(200);
  expect(await app.cli("budget", "set", "coder", "100k")).toMatchObject({ code: 0 });
  await eventually("it is counted", async () => !(await lineOf(app, "shop/coder#day#tokens")).includes("0 tokens"));
  const spent = model.requests.reduce(
    (sum, { usage }) => sum + usage.input + usage.output + usage.cacheRead + usage.cacheWrite,
    0,
  );
  const edited = await app.cli("budget", "set", "coder", "1k");
  expect(edited).toMatchObject({ code: 0, stdout: expect.stringContaining("spent already") });
  expect((await app.cli("budget")).stdout).toMatch(/Overshot by [\d.]+k tokens\./);
  const listed = await (await live.client(app)).query("budget.list", {});
  expect(listed.ok && listed.value).toMatchObject([{ spent, overshoot: spent - 1000, level: "hard", available: 0 }]);
  // Refused for its budget, or, once it is stopped, as one whose token is gone.
  expect([402, 401]).toContain(await ask());
  expect(model.requests).toHaveLength(3);
  await eventually("it is stopped", async () => {
    const { state, exitCause, pid } = await node();
    return state === "paused" && exitCause === "budget_exhausted" && pid === undefined;
  });
});
