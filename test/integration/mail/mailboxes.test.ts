/** Messages between agents in the running app: held, delivered once, bounded; over the MCP server that their programs find. */
import { describe, expect, it } from "vitest";
import { join } from "node:path";
import { connectDesk, type DeskClient } from "#test/support/deskClient.ts";
import { eventually } from "#test/support/deadline.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();

/** Tells its state by OSC 7501 as `state` in its folder says, notes where its tools are, and what is typed into it. */
function talker(id: string): string {
  return [
    `echo "$SIGNALBOX_MCP_URL $SIGNALBOX_MCP_TOKEN" > ${id}.desk`,
    `while :; do s=$(cat ${id}.state 2>/dev/null || echo idle); [ "$s" = "$o" ] || printf '\\033]7501;state=%s\\033\\\\' "$s"; o=$s; sleep 0.1; done &`,
    `while IFS= read -r line; do echo "$line" >> ${id}.heard; done`,
  ].join("\n");
}

async function deskOf(id: string): Promise<DeskClient> {
  const line = await eventually(`${id} finds its desk`, async () => (await live.lines(`${id}.desk`))[0]);
  const [url = "", token = ""] = line.split(" ");
  const desk = await connectDesk({ url, token });
  live.defer(() => desk.close());
  return desk;
}

async function team(app: LiveApp, rest = "can: [send, inbox, team, hand_over, ask_person, progress]"): Promise<void> {
  const children = ["ann", "bob", "cyd"].map((id) =>
    agent(id, talker(id), `${rest}, role: ${id === "ann" ? "lead" : "worker"}`),
  );
  await live.up(app, { name: "crew", children });
  for (const id of ["ann", "bob", "cyd"]) await app.waitFor(id, (node) => node.state === "idle", "is idle");
}

async function setState(id: string, state: string): Promise<void> {
  const { writeFile } = await import("node:fs/promises");
  await writeFile(join(live.dir, `${id}.state`), state);
}

const heard = (id: string): Promise<readonly string[]> => live.lines(`${id}.heard`);

describe("a message between agents", () => {
  it("is typed in at once when its receiver is idle, with its sender's name; a busy one gets it when it is idle again", async () => {
    const app = await live.serve();
    await team(app);
    const ann = await deskOf("ann");
    expect(await ann.tools()).toEqual([
      "send_message",
      "read_inbox",
      "hand_over",
      "list_team",
      "report_progress",
      "ask_person",
    ]);
    expect(await ann.call("send_message", { to: "bob", text: "look at it" })).toEqual({
      text: "Delivered to bob.",
      isError: false,
    });
    await eventually("bob hears it", async () => (await heard("bob")).includes("Message from ann: look at it"));
    await setState("bob", "working");
    await app.waitFor("bob", (node) => node.state === "busy");
    expect(await ann.call("send_message", { to: "bob", text: "second" })).toMatchObject({
      text: "Waits for bob: it is busy.",
    });
    expect(await app.cli("send", "bob", "from me")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("It waits: it is busy."),
    });
    expect(await heard("bob")).toHaveLength(1);
    await app.kill("SIGKILL");
    const next = await live.serve();
    await next.waitFor("bob", (node) => node.state === "busy");
    expect(await heard("bob")).toHaveLength(1);
    await setState("bob", "idle");
    // A person's comes first, then in the order of arrival; each once, also after a second kill.
    const all = ["Message from ann: look at it", "from me", "Message from ann: second"];
    await eventually("both are delivered", async () => (await heard("bob")).length === 3);
    expect(await heard("bob")).toEqual(all);
    await next.kill("SIGKILL");
    const third = await live.serve();
    await third.waitFor("bob", (node) => node.state === "idle");
    expect((await third.cli("msg", "ls", "--json")).stdout.trim().split("\n")).toHaveLength(3);
    expect(await heard("bob")).toEqual(all);
  });
});
