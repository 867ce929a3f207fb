/**
 * When the machine's memory runs out the kernel ends an agent, never the keeper or the app: children are born with a
 * higher out-of-memory score. Taken on for the moment of the fork, so that no grandchild can be born before; raising
 * it and going back to what one had needs no privileges.
 */
import { readFileSync, writeFileSync } from "node:fs";

const SCORE_FILE = "/proc/self/oom_score_adj";
/** Half the scale of 1000: an agent goes before anything that was left at its default, also when it is much smaller. */
const AGENT_SCORE = 500;
const HIGHEST_SCORE = 1000;

/** Runs `fork`, which must start its child before it returns. */
export function asSacrifice<T>(fork: () => T): T {
  const own = raiseScore();
  try {
    return fork();
  } finally {
    if (own !== undefined) writeScore(own);
  }
}

/** The keeper's own score, or undefined where there is none to raise. */
function raiseScore(): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const own = Number(readFileSync(SCORE_FILE, "latin1"));
    writeFileSync(SCORE_FILE, String(Math.min(HIGHEST_SCORE, own + AGENT_SCORE)));
    return own;
  } catch {
    return undefined;
  }
}

function writeScore(score: number): void {
  try {
    writeFileSync(SCORE_FILE, String(score));
  } catch {
    // Some systems forbid going back: then the keeper is as likely as its agents, which is no worse than before.
  }
}
