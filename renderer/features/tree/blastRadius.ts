/**
 * What a failure takes with it: the supervisor's strategy, the restart types and what is left of the intensity decide
 * (semantics.md 1.1). Pure; works on snapshots of the tree and promises only what the rules promise.
 */
import type { NodeState, RestartType, Strategy } from "#shared/model/states.ts";

/** What the rules need of a node; a `TreeNode` fits. Children are in start order. */
export interface BlastNode {
  readonly id: string;
  readonly path: string;
  readonly kind: "supervisor" | "agent";
  readonly state: NodeState;
  readonly strategy?: Strategy | undefined;
  readonly intensity?: number | undefined;
  readonly restartsInWindow?: number | undefined;
  readonly restart?: RestartType | undefined;
  readonly cliSessionId?: string | undefined;
  readonly children: readonly BlastNode[];
}

/** `ends`: temporary, so terminated and not started again. `stops`: down until a person starts it. */
export type BlastEffect = "resumes" | "fresh" | "ends" | "stops";

/** What happens after a supervisor used up its restarts. */
export type Aftermath =
  | { readonly type: "restarted"; readonly by: BlastNode }
  | { readonly type: "stays_down"; readonly because: "top" | "not_permanent" };

export interface BlastRadius {
  readonly failing: BlastNode;
  /** Undefined for the top of a fleet. */
  readonly supervisor: BlastNode | undefined;
  /** Every agent hit, the failing one included, in start order. */
  readonly effects: ReadonlyMap<string, BlastEffect>;
  /** First and last child of `supervisor` that is hit, by index; the dashed line runs along these. */
  readonly reach: { readonly from: number; readonly to: number; readonly at: number } | undefined;
  /** Supervisors whose restarts would be exceeded, innermost first. */
  readonly givesUp: readonly BlastNode[];
  readonly aftermath: Aftermath | undefined;
  /** The supervisor that counts the restart, and where that brings it. */
  readonly counted: { readonly by: BlastNode; readonly used: number; readonly allowed: number } | undefined;
  /** Its supervisor has already given up, so nothing restarts it until a person does. */
  readonly isAlreadyDown: boolean;
}

/** Applied where a supervisor does not say, as the fleet file does. */
const DEFAULT_INTENSITY = 3;

interface Working {
  readonly effects: Map<string, BlastEffect>;
  readonly givesUp: BlastNode[];
  reach: BlastRadius["reach"];
  aftermath: Aftermath | undefined;
  counted: BlastRadius["counted"];
}

/** The blast radius of `path` in the fleet under `root`; undefined where the path is not in it. */
export function blastRadius(root: BlastNode, path: string): BlastRadius | undefined {
  const chain = chainTo(root, path);
  const failing = chain?.at(-1);
  if (chain === undefined || failing === undefined) return undefined;
  const supervisor = chain.at(-2);
  const working: Working = {
    effects: new Map(),
    givesUp: [],
    reach: undefined,
    aftermath: undefined,
    counted: undefined,
  };
  const isAlreadyDown = [failing, supervisor].some((node) => node?.kind === "supervisor" && hasGivenUp(node));
  // What has stopped already cannot be taken down again.
  if (!isAlreadyDown) {
    if (failing.kind === "supervisor") working.givesUp.push(failing);
    failAt(working, chain, chain.length - 1);
  }
  return { failing, supervisor, ...working, isAlreadyDown };
}

function hasGivenUp(node: BlastNode): boolean {
  return node.state === "gave_up" || node.state === "escalated";
}

/** One failure at `chain[index]`, seen by the supervisor above it; climbs while restarts are used up. */
function failAt(working: Working, chain: readonly BlastNode[], index: number): void {
  const child = chain[index];
  const supervisor = chain[index - 1];
  if (child === undefined) return;
  if (supervisor === undefined || !isRestarted(child)) {
    endFor(working, child, supervisor);
    if (child.kind === "agent") working.reach ??= reachOf(chain, [child]);
    return;
  }
  const used = supervisor.restartsInWindow ?? 0;
  const allowed = supervisor.intensity ?? DEFAULT_INTENSITY;
  const isSpent = used >= allowed;
  const group = isSpent ? supervisor.children : groupOf(supervisor, child);
  working.reach ??= reachOf(chain, group);
  if (isSpent) {
    working.givesUp.push(supervisor);
    failAt(working, chain, index - 1);
    return;
  }
  working.counted = { by: supervisor, used: used + 1, allowed };
  if (child.kind === "supervisor") working.aftermath = { type: "restarted", by: supervisor };
  mark(working, group, "bystander");
}

/** A supervisor that gave up leaves with `shutdown`, which only a permanent child is restarted after. */
function isRestarted(child: BlastNode): boolean {
  return child.kind === "supervisor" ? child.restart === "permanent" : child.restart !== "temporary";
}

function endFor(working: Working, child: BlastNode, supervisor: BlastNode | undefined): void {
  if (child.kind === "supervisor")
    working.aftermath = { type: "stays_down", because: supervisor === undefined ? "top" : "not_permanent" };
  mark(working, [child], child.kind === "supervisor" ? "stop" : "bystander");
}

/** Who is terminated and started again, in start order. */
function groupOf(supervisor: BlastNode, child: BlastNode): readonly BlastNode[] {
  if (supervisor.strategy === "one_for_all") return supervisor.children;
  if (supervisor.strategy === "rest_for_one") return supervisor.children.slice(supervisor.children.indexOf(child));
  return [child];
}

function reachOf(chain: readonly BlastNode[], group: readonly BlastNode[]): BlastRadius["reach"] {
  const failing = chain.at(-1);
  const supervisor = chain.at(-2);
  const first = group[0];
  const last = group.at(-1);
  if (failing === undefined || supervisor === undefined || first === undefined || last === undefined) return undefined;
  const from = supervisor.children.indexOf(first);
  return from < 0
    ? undefined
    : { from, to: supervisor.children.indexOf(last), at: supervisor.children.indexOf(failing) };
}

/**
 * A temporary agent hit beside a failing sibling is terminated and dropped. One below a supervisor that itself starts
 * again comes back with it, because the supervisor's own specification names it.
 */
function mark(working: Working, nodes: readonly BlastNode[], how: "bystander" | "started" | "stop"): void {
  for (const node of nodes) {
    if (node.kind === "supervisor") mark(working, node.children, how === "stop" ? "stop" : "started");
    else if (how === "stop") working.effects.set(node.path, "stops");
    else if (how === "bystander" && node.restart === "temporary") working.effects.set(node.path, "ends");
    else working.effects.set(node.path, node.cliSessionId === undefined ? "fresh" : "resumes");
  }
}

function chainTo(root: BlastNode, path: string): readonly BlastNode[] | undefined {
  if (root.path === path) return [root];
  for (const child of root.children) {
    const chain = chainTo(child, path);
    if (chain !== undefined) return [root, ...chain];
  }
  return undefined;
}
