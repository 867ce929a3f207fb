/**
 * Hundreds of requests of the real agent CLIs in the running app, with everything that makes counting hard: tools,
 * subagents, compaction, interrupts, retries, resume, forks, a killed core; with the gateway and without. At the end the
 * ledger is held against the model server's own log, request by request.
 */
import { AgentDesk } from "#test/support/agentDesk.ts";
import { AGENT_DRIVES } from "#test/support/agentDrives.ts";
import type { AgentDrive } from "#test/support/agentDrives.ts";
import { compareLedger } from "./corpusLedger.ts";
import type { Comparison } from "./corpusLedger.ts";
import { STEPS } from "./corpusSteps.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const corpus: SoakRow = {
  name: "corpus",
  purpose: "at least 500 requests of the real agent CLIs: each that a source knows is in the ledger to the token, once",
  run,
};

/** Tool calls in one prompt; four such prompts, with and without the gateway, are some 600 requests. */
const CHAIN = { short: 3, long: 22 };

interface Recorded {
  readonly comparison?: Comparison;
  readonly problems: readonly string[];
}

async function run(soak: Soak): Promise<SoakFinding> {
  const figures: Record<string, number> = { requests: 0, matched: 0, unknown: 0, double: 0, "token difference": 0 };
  const problems: string[] = [];
  const missing = new Set<string>();
  for (const round of soak.rounds({ short: 1, long: 1 })) {
    for (const drive of AGENT_DRIVES.slice(0, soak.isShort ? 1 : undefined)) {
      // The two at once: two cores.
      const recorded = await Promise.all([false, true].map((gateway) => record(soak, drive, gateway)));
      for (const [index, one] of recorded.entries()) {
        const where = `${drive.cli} ${index === 0 ? "without" : "with"} gateway`;
        problems.push(...one.problems.map((what) => `round ${round}, ${where}: ${what}`));
        if (one.comparison === undefined) missing.add(drive.cli);
        else add(figures, one.comparison, (line) => soak.say(`${where.padEnd(24)} ${line}`));
      }
    }
  }
  const skipped = missing.size === 0 ? {} : { skipped: `${[...missing].join(", ")} could not be run` };
  return { figures, problems, ...skipped };
}

async function record(soak: Soak, drive: AgentDrive, gateway: boolean): Promise<Recorded> {
  const desk = await AgentDesk.open(drive);
  if (desk === undefined) return { problems: [] };
  const problems: string[] = [];
  try {
    const chain = soak.isShort ? CHAIN.short : CHAIN.long;
    for (const step of STEPS.filter(({ only }) => only === undefined || only === drive.cli)) {
      await step.run(desk, { chain, gateway }).catch((error: unknown) => {
        problems.push(`${step.name}: ${String(error).slice(0, 100)}\n${String(error).slice(-4000)}`);
      });
    }
    const comparison = await compareLedger(desk);
    return { comparison, problems: [...problems, ...comparison.problems] };
  } finally {
    await desk.close();
  }
}

function add(figures: Record<string, number>, found: Comparison, tell: (line: string) => void): void {
  for (const [name, value] of Object.entries(found.figures)) figures[name] = (figures[name] ?? 0) + value;
  tell(
    Object.entries(found.figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
  for (const [source, count] of Object.entries(found.bySource)) tell(`  ${source}: ${count} entries`);
  for (const line of found.rest) tell(`  ${line}`);
}
