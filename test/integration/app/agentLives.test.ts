/**
 * Real agent CLIs in the running app: what is shown of them is true, and a restart takes them up where they were. Two of
 * the four with one story each run with every commit; `npm run soak agents` tells all of them of all four.
 */
import { describe, expect, it } from "vitest";
import { installCli } from "#test/support/agentClis.ts";
import { AgentDesk } from "#test/support/agentDesk.ts";
import { AGENT_DRIVES } from "#test/support/agentDrives.ts";
import { killsStory, statesStory } from "#test/support/agentStories.ts";

/** Half a minute each on an idle machine; these programs take ten times that on a busy one. */
const STORY_MS = 420_000;
const WITH_EVERY_COMMIT = [
  { cli: "claude", story: killsStory },
  { cli: "codex", story: statesStory },
] as const;
const installed = new Set<string>();
for (const cli of ["claude", "codex"] as const) if ((await installCli(cli)) !== undefined) installed.add(cli);

describe("a real agent CLI in a fleet", () => {
  for (const { cli, story } of WITH_EVERY_COMMIT) {
    it.skipIf(!installed.has(cli))(`${cli} ${story.promise}`, { timeout: STORY_MS }, async () => {
      const drive = AGENT_DRIVES.find((one) => one.cli === cli);
      const desk = drive === undefined ? undefined : await AgentDesk.open(drive);
      if (desk === undefined) throw new Error(`${cli} went away.`);
      try {
        const figures = await story.run(desk);
        process.stderr.write(`${cli} ${story.name}: ${JSON.stringify(figures)}\n`);
        expect(desk.open).toEqual([]);
      } finally {
        await desk.close();
      }
    });
  }
});
