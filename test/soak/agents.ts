/** The four real agent CLIs through every story: what is shown of them, and what a restart makes of them. */
import { AgentDesk } from "#test/support/agentDesk.ts";
import { AGENT_DRIVES } from "#test/support/agentDrives.ts";
import { STORIES } from "#test/support/agentStories.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const agents: SoakRow = {
  name: "agents",
  purpose:
    "the real agent CLIs: states that do not lie, resume after kills, stale and lost conversations, moved programs",
  run,
};

async function run(soak: Soak): Promise<SoakFinding> {
  const figures: Record<string, number> = { stories: 0 };
  const problems: string[] = [];
  const missing = new Set<string>();
  for (const round of soak.rounds({ short: 1, long: 3 })) {
    for (const drive of AGENT_DRIVES) {
      for (const story of STORIES) {
        soak.say(`round ${round}: ${drive.cli}, ${story.name}`);
        const desk = await AgentDesk.open(drive);
        if (desk === undefined) {
          missing.add(drive.cli);
          continue;
        }
        // Where the row is ended in the middle; closing is idempotent.
        soak.defer(() => desk.close());
        try {
          for (const [name, value] of Object.entries(await story.run(desk)))
            figures[`${drive.cli} ${name}`] = Math.max(figures[`${drive.cli} ${name}`] ?? 0, value);
          figures["stories"] = (figures["stories"] ?? 0) + 1;
        } catch (error) {
          problems.push(`${drive.cli} ${story.promise}: ${String(error)}`);
        } finally {
          await desk.close();
        }
      }
    }
  }
  const skipped = missing.size === 0 ? {} : { skipped: `${[...missing].join(", ")} could not be installed` };
  return { figures, problems, ...skipped };
}
