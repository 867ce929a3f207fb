/** The blast radius in words: the bar's sentence, the inspector's lines, and what a person's own restart or stop would hit. */
import type { BlastEffect, BlastNode, BlastRadius } from "./blastRadius.ts";

export interface BlastSentence {
  /** Said in the stronger weight. */
  readonly lead: string;
  readonly rest: string;
}

/** "If schema-migrator fails, 4 agents restart:" "it and the 3 started after it. 3 resume, 1 starts fresh." */
export function blastSentence(radius: BlastRadius): BlastSentence {
  const { failing, supervisor } = radius;
  if (radius.isAlreadyDown) return alreadyDown(radius);
  if (radius.givesUp.length > 0) return givingUp(radius);
  if (radius.effects.get(failing.path) === "ends") {
    return {
      lead: `If ${failing.id} fails, it is not restarted:`,
      rest: "its restart type is temporary. No other agent is hit.",
    };
  }
  const counts = countEffects(radius);
  const restarted = counts.resumes + counts.fresh;
  const used = usedNext(radius);
  if (restarted === 1 && counts.ends === 0) {
    const how = counts.resumes === 1 ? "and resumes its session." : "with a fresh session.";
    return { lead: `If ${failing.id} fails, it restarts alone`, rest: join(how, used) };
  }
  const others = restarted - 1;
  const who =
    supervisor?.strategy === "one_for_all" ? `all of ${supervisor.id}.` : `it and the ${others} started after it.`;
  return {
    lead: `If ${failing.id} fails, ${agents(restarted)} ${verb(restarted, "restart")}:`,
    rest: join(who, tally(counts), used),
  };
}

/** Lines of the inspector's "If it fails": a headline, then who resumes, who starts fresh, and what it counts. */
export function blastLines(
  radius: BlastRadius,
  fleetAgents: number,
): { readonly headline: string; readonly lines: readonly string[] } {
  const counts = countEffects(radius);
  const restarted = counts.resumes + counts.fresh;
  const sentence = blastSentence(radius);
  if (radius.isAlreadyDown || radius.givesUp.length > 0 || restarted === 0) {
    return { headline: sentence.lead.replace(/:$/, ""), lines: [capital(sentence.rest)] };
  }
  const headline = restarted === 1 ? "Only this agent restarts" : `${restarted} of ${fleetAgents} agents restart`;
  const lines = [
    named(radius, "resumes", ["resumes", "resume"]),
    named(radius, "fresh", ["starts fresh", "start fresh"]),
    named(radius, "ends", ["ends and is not restarted", "end and are not restarted"]),
    usedNext(radius),
  ];
  return { headline, lines: lines.filter((line) => line !== "") };
}

/** The word at the end of a hit row. */
export function effectWord(effect: BlastEffect): string {
  return { resumes: "resumes", fresh: "starts fresh", ends: "not restarted", stops: "stops" }[effect];
}

function alreadyDown({ failing, supervisor }: BlastRadius): BlastSentence {
  const down = failing.kind === "supervisor" ? failing : (supervisor ?? failing);
  const who =
    failing === down ? `Its ${agents(agentsBelow(down))} ${verb(agentsBelow(down), "stay")}` : `${failing.id} stays`;
  return { lead: `${down.id} gave up.`, rest: `${who} down until you restart ${down.id}.` };
}

function givingUp(radius: BlastRadius): BlastSentence {
  const { failing } = radius;
  const outermost = radius.givesUp.at(-1) ?? failing;
  const first = radius.givesUp[0] ?? failing;
  const isOwn = first === failing;
  const hit = radius.effects.size;
  const lead = isOwn
    ? `If ${failing.id} gives up, ${agents(hit)} ${verb(hit, "stop")}.`
    : `If ${failing.id} fails, ${first.id} gives up:`;
  const spent = isOwn
    ? ""
    : `${first.restartsInWindow ?? 0} of ${first.intensity ?? 0} restarts are used. ${agents(agentsBelow(first))} ${verb(agentsBelow(first), "stop")}.`;
  const chain = radius.givesUp.slice(1).map((node) => `${node.id} has no restart left either and gives up too.`);
  return { lead, rest: join(spent, ...chain, aftermath(radius, outermost)) };
}

function aftermath(radius: BlastRadius, outermost: BlastNode): string {
  const after = radius.aftermath;
  if (after?.type === "restarted") {
    const counts = countEffects(radius);
    return join(`${after.by.id} then restarts ${outermost.id}.`, tally(counts), usedNext(radius));
  }
  if (after?.type === "stays_down" && after.because === "not_permanent") {
    return `${outermost.id} stays down until you restart it, because it is ${outermost.restart ?? "transient"}.`;
  }
  return `${outermost.id} stays down until you start it.`;
}

function usedNext({ counted }: BlastRadius): string {
  return counted === undefined ? "" : `${counted.by.id} would be at ${counted.used} of ${counted.allowed}.`;
}

type Counts = Record<BlastEffect, number>;

function countEffects(radius: BlastRadius): Counts {
  const counts: Counts = { resumes: 0, fresh: 0, ends: 0, stops: 0 };
  for (const effect of radius.effects.values()) counts[effect] += 1;
  return counts;
}

function tally(counts: Counts): string {
  const parts: string[] = [];
  if (counts.resumes > 0) parts.push(`${counts.resumes} ${verb(counts.resumes, "resume")}`);
  if (counts.fresh > 0) parts.push(`${counts.fresh} ${verb(counts.fresh, "start")} fresh`);
  if (counts.ends > 0) parts.push(`${counts.ends} ${counts.ends === 1 ? "is" : "are"} not restarted`);
  return parts.length === 0 ? "" : `${parts.join(", ")}.`;
}

function named(radius: BlastRadius, effect: BlastEffect, verbs: readonly [string, string]): string {
  const paths = [...radius.effects]
    .filter(([, value]) => value === effect)
    .map(([path]) => path.slice(path.lastIndexOf("/") + 1));
  if (paths.length === 0) return "";
  if (paths.length === 1) return `${paths[0]} ${verbs[0]}.`;
  const shown = paths.length > 4 ? [...paths.slice(0, 3), `${paths.length - 3} more`] : paths;
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)} ${verbs[1]}.`;
}

export function agentsBelow(node: BlastNode): number {
  return node.kind === "agent" ? 1 : node.children.reduce((sum, child) => sum + agentsBelow(child), 0);
}

function agents(count: number): string {
  return count === 1 ? "1 agent" : `${count} agents`;
}

function verb(count: number, plural: string): string {
  return count === 1 ? `${plural}s` : plural;
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
