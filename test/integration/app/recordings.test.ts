/** Recordings deleted for good, and handed on with their secrets masked, from the command line. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { eventually } from "#test/support/deadline.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { agent, liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();
const listSchema = z.object({
  recordings: z.array(z.object({ sessionId: z.string(), path: z.string().optional(), keptBytes: z.number() })),
});
const SECRET = `sk-ant-api03-${"Zq7".repeat(31)}AA`;

/** Files of the recordings that hold these bytes. */
async function filesWith(text: string): Promise<readonly string[]> {
  const root = join(live.dir, "sessions");
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const found: string[] = [];
  for (const { parentPath, name } of files)
    if ((await readFile(join(parentPath, name))).includes(text)) found.push(name);
  return found;
}

/** Listed once it was looked at, a few seconds after its end. */
function recordingOf(app: LiveApp, path: string) {
  return eventually(
    `the recording of ${path} is listed`,
    async () => {
      const { stdout } = await app.cli("recordings", "--json");
      return listSchema.parse(JSON.parse(stdout)).recordings.find((one) => one.path === path);
    },
    30_000,
  );
}

it("asks first, refuses what still runs, and leaves no byte of what it deleted", async () => {
  const app = await live.serve();
  const children = ["one", "two"].map((id) => agent(id, `echo "${id}-canary ${SECRET}"; exec sleep 1000`));
  await live.up(app, { name: "rec", children });
  for (const id of ["one", "two"])
    await eventually(`${id} prints`, async () => (await app.cli("logs", id)).stdout.includes(`${id}-canary`));
  expect(await app.cli("recordings", "delete", "one", "--yes")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Stop it first"),
  });
  await app.cli("stop", "one");
  await app.waitFor("one", (node) => node.state === "stopped");

  const asked = await app.cli("recordings", "delete", "one");
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("--yes") });
  expect(await filesWith("one-canary")).not.toEqual([]);
  const { sessionId } = await recordingOf(app, "rec/one");
  const deleted = await app.cli("recordings", "delete", sessionId, "--yes");
  expect(deleted).toMatchObject({ code: 0, stdout: expect.stringContaining("free again") });
  expect(await filesWith("one-canary")).toEqual([]);
  expect(await filesWith("two-canary")).not.toEqual([]);
  expect((await recordingOf(app, "rec/one")).keptBytes).toBe(0);
  const after = await app.cli("logs", "one");
  expect(after.stdout).not.toContain("one-canary");
  const { stdout: events } = await app.cli("events", "--subject", "ws.rec.agent.one.*");
  expect(events).toContain("recording_deleted");

  const masked = await app.cli("recordings", "export", "two");
  expect(masked.stdout).toContain("two-canary");
  expect(masked.stdout).not.toContain(SECRET);
  expect((await app.cli("recordings", "export", "two", "--unmasked")).stdout).toContain(SECRET);
});

it("deletes what is older than a moment, of one agent or of all, and says what it does not understand", async () => {
  const app = await live.serve();
  await live.up(app, { name: "rec", children: [agent("one", "echo old-canary"), agent("two", "echo kept-canary")] });
  for (const id of ["one", "two"]) await app.waitFor(id, (node) => node.state === "done");
  const soon = new Date(Date.now() + 60_000).toISOString();
  const done = await app.cli("recordings", "delete", "--before", soon, "--id", "one", "--yes");
  expect(done).toMatchObject({ code: 0 });
  expect(await filesWith("old-canary")).toEqual([]);
  expect(await filesWith("kept-canary")).not.toEqual([]);
  expect(await app.cli("recordings", "delete", "--older-than", "0", "--yes")).toMatchObject({ code: 0 });
  expect(await filesWith("kept-canary")).toEqual([]);
  for (const [args, words] of [
    [["delete"], "Name one session"],
    [["delete", "--before", "yesterday"], "takes a time"],
    [["delete", "--older-than", "x"], "whole number of days"],
    [["shred"], "There are list, delete and export"],
  ] as const)
    expect(await app.cli("recordings", ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
});
