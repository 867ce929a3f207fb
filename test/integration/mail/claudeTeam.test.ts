/** Two real Claude Codes that work together through the tools they were given: messages, a question to the person, memory, a handover. */
import { describe, expect, it } from "vitest";
import { budgetId } from "#shared/model/budget.ts";
import { installCli } from "#test/support/agentClis.ts";
import { agentTeam, PATIENCE_MS } from "#test/support/agentTeam.ts";
import { eventually } from "#test/support/deadline.ts";
import { liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const cli = await installCli("claude");

function call(tool: string, input: unknown): string {
  return `[[tool mcp__signalbox__${tool} ${JSON.stringify(input)}]]`;
}

describe.skipIf(cli === undefined)("two Claude Codes", () => {
  it("reach each other and the person by their own tools, without being asked for each call; tokens go with the work", async () => {
    const crew = await agentTeam(live, cli?.binDir ?? "", {
      ann: "role: lead, budget: { tokens: 1M, period: day }",
      bob: "role: worker",
    });
    const { app, model } = crew;
    const client = await live.client(app);
    // By role, and back by name: each arrives as a prompt at the other's next idle moment, with the sender's name.
    const back = call("send_message", { to: "ann", text: "it is done" });
    await app.cli(
      "send",
      "ann",
      `[[new]] begin ${call("send_message", { to: "role:worker", text: `please ${back}` })}`,
    );
    expect((await crew.heard("Message from bob: it is done")).conversation).toContain("Delivered to bob.");
    expect((await crew.heard("Message from ann: please")).prompt).toContain("Message from ann: please");
    await crew.idle("ann");
    await crew.idle("bob");

    // A question waits in the inbox; its answer is the tool's.
    await app.cli(
      "send",
      "bob",
      `[[new]] ask ${call("ask_person", { question: "Red or blue?", options: ["red", "blue"] })}`,
    );
    const item = await eventually(
      "the question",
      async () => {
        const listed = await client.query("events.read", { pattern: "sys.inbox.opened", order: "desc", limit: 5 });
        return listed.ok ? listed.value.events.find(({ data }) => data["kind"] === "question") : undefined;
      },
      PATIENCE_MS,
    );
    expect(item.data).toMatchObject({ path: "crew/bob", title: "Asks you" });
    expect(await client.command("inbox.answer", { id: String(item.data["id"]), option: "2" })).toMatchObject({
      ok: true,
    });
    await eventually(
      "bob hears the answer",
      () => model.requests.some(({ conversation }) => /\bblue$/m.test(conversation)),
      PATIENCE_MS,
    );
    await crew.idle("bob");

    // What one remembers for the team is found by the person, and recalled by the other; what is for itself alone is not.
    const own = call("remember", { text: "My own notes stand in the drawer", for: "me" });
    await app.cli("send", "bob", `[[new]] keep ${call("remember", { text: "The deploy key is in the safe" })} ${own}`);
    const kept = await eventually(
      "the person finds both",
      async () => {
        const listed = await client.query("memory.list", { author: "crew/bob" });
        return listed.ok && listed.value.total === 2 ? listed.value.memories : undefined;
      },
      PATIENCE_MS,
    );
    expect(kept.map(({ scope, text }) => `${scope}: ${text}`).toSorted()).toEqual([
      "agent:crew/bob: My own notes stand in the drawer",
      "fleet:crew: The deploy key is in the safe",
    ]);
    await crew.idle("bob");
    await app.cli("send", "ann", `[[new]] look ${call("recall", { query: "drawer deploy key safe" })}`);
    const recalled = await eventually(
      "ann recalls it",
      () => model.requests.find(({ conversation }) => conversation.includes("fact: The deploy key is in the safe")),
      PATIENCE_MS,
    );
    expect(recalled.conversation).not.toContain("stand in the drawer");
    await crew.idle("ann");

    // Work goes over with its context and tokens, which bob is held to and ann no longer has.
    const work = { to: "bob", intent: "write the tests", context_id: "ctx-1", tokens: 5000, status: "partial" };
    await app.cli("send", "ann", `[[new]] over ${call("hand_over", work)}`);
    const handed = await crew.heard("Handover from ann: write the tests");
    expect(handed.prompt).toMatch(/Status: partial\. Context: ctx-1\.[^]*Token budget for this: 5k tokens\./);
    const budgets = await client.query("budget.list", {});
    const limits = budgets.ok ? new Map(budgets.value.map((one) => [one.id, one.limit])) : new Map();
    expect(limits.get(budgetId("crew/bob", "handover", "tokens"))).toBe(5000);
    const { stdout } = await app.cli("msg", "ls");
    expect(stdout).toContain("write the tests");
  });
});
