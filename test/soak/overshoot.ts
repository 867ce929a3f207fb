/**
 * What is spent beyond a hard stop without the gateway, where the count is as late as each CLI tells it. The model answers
 * at once, which is the worst case: a real one takes seconds, and the count comes between two of its answers.
 */
import { AgentDesk } from "#test/support/agentDesk.ts";
import { AGENT_DRIVES } from "#test/support/agentDrives.ts";
import type { AgentDrive } from "#test/support/agentDrives.ts";
import { truthOf } from "#test/support/usageRig.ts";
import { chained } from "./corpusSteps.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const overshoot: SoakRow = {
  name: "overshoot",
  purpose: "a hard stop ends each of the real agent CLIs without the gateway, too; how much is spent beyond it",
  run,
};

/** About ten requests. */
const LIMIT = 60_000;
/** Many times the limit. */
const CALLS = 40;
const PATIENCE_MS = 150_000;

async function run(soak: Soak): Promise<SoakFinding> {
  const figures: Record<string, number> = { limit: LIMIT };
  const problems: string[] = [];
  const missing: string[] = [];
  for (const drive of AGENT_DRIVES) {
    const found = await spend(drive).catch((error: unknown) => String(error));
    if (found === undefined) missing.push(drive.cli);
    else if (typeof found === "string") problems.push(`${drive.cli}: ${found}`);
    else {
      figures[`${drive.cli} tokens beyond`] = found.tokens;
      figures[`${drive.cli} requests beyond`] = found.requests;
      soak.say(`${drive.cli}: ${found.tokens} tokens in ${found.requests} requests beyond ${LIMIT}`);
    }
  }
  return { figures, problems, ...(missing.length === 0 ? {} : { skipped: `${missing.join(", ")} could not be run` }) };
}

async function spend(drive: AgentDrive): Promise<{ tokens: number; requests: number } | undefined> {
  const desk = await AgentDesk.open(drive);
  if (desk === undefined) return undefined;
  try {
    const budget = { tokens: LIMIT, period: "day" };
    await desk.up(chained(drive.cli, "spending", CALLS), { gateway: false, budget });
    await desk.until("stopped", ({ state, pid }) => state === "paused" && pid === undefined, PATIENCE_MS);
    let [sum, requests] = [0, 0];
    for (const request of desk.model.requests) {
      const { input, output, cacheRead, cacheWrite } = truthOf(request);
      if (sum >= LIMIT) requests += 1;
      sum += input + output + cacheRead + cacheWrite;
    }
    return { tokens: sum - LIMIT, requests };
  } finally {
    await desk.close();
  }
}
