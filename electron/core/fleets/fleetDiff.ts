/** What changed between two good versions of a fleet file: only that is applied to what runs. */
import type { AgentSpec, ChildNodeSpec, FleetSpec, SupervisorNodeSpec } from "#shared/model/fleetFile.ts";

export interface FleetDiff {
  /** Ids whose node (and all below) is gone, was moved, or became something else: stopped and removed. */
  readonly removed: readonly string[];
  /** New nodes, with the supervisor they belong to. */
  readonly added: readonly { readonly parentId: string; readonly spec: ChildNodeSpec }[];
  /** Agents whose next life differs in what runs: restarted, if they run. */
  readonly restarted: readonly AgentSpec[];
  /** Agents with new rules only: nothing is restarted. */
  readonly updated: readonly AgentSpec[];
  /** Supervisors with other rules only: they and what they supervise go on. Outer ones come first. */
  readonly ruled: readonly SupervisorNodeSpec[];
  /** The fleet's own supervisor is of another kind: the whole fleet is restarted. */
  readonly isRootChanged: boolean;
}

type Draft = { -readonly [K in Exclude<keyof FleetDiff, "isRootChanged">]: FleetDiff[K][number][] };

export function diffFleets(before: FleetSpec, after: FleetSpec): FleetDiff {
  const draft: Draft = { removed: [], added: [], restarted: [], updated: [], ruled: [] };
  const isRootChanged = !canGoOnAs(before.root, after.root);
  compareSupervisors(before.root, after.root, draft);
  return { ...draft, isRootChanged };
}

function compareSupervisors(before: SupervisorNodeSpec, after: SupervisorNodeSpec, diff: Draft): void {
  if (supervisorRules(before) !== supervisorRules(after)) diff.ruled.push(after);
  compareChildren(before, after, diff);
}

/** A supervisor of a template does not become one of a list, nor the other way round. */
function canGoOnAs(before: SupervisorNodeSpec, after: SupervisorNodeSpec): boolean {
  const isSimple = [before, after].some(({ strategy }) => strategy === "simple_one_for_one");
  return !isSimple || supervisorRules(before) === supervisorRules(after);
}

function compareChildren(before: SupervisorNodeSpec, after: SupervisorNodeSpec, diff: Draft): void {
  const old = new Map(before.children.map((child) => [child.id, child]));
  for (const child of after.children) {
    const known = old.get(child.id);
    old.delete(child.id);
    if (known?.kind === "agent" && child.kind === "agent") compareAgents(known, child, diff);
    else if (known?.kind === "supervisor" && child.kind === "supervisor" && canGoOnAs(known, child)) {
      compareSupervisors(known, child, diff);
    } else {
      if (known !== undefined) diff.removed.push(child.id);
      diff.added.push({ parentId: after.id, spec: child });
    }
  }
  diff.removed.push(...old.keys());
}

function compareAgents(before: AgentSpec, after: AgentSpec, diff: Draft): void {
  if (whatRuns(before) !== whatRuns(after)) diff.restarted.push(after);
  else if (JSON.stringify(before) !== JSON.stringify(after)) diff.updated.push(after);
}

function whatRuns({ agent, command, cwd, prompt, model, args, env }: AgentSpec): string {
  return JSON.stringify([
    agent,
    command,
    cwd,
    prompt,
    model,
    args,
    Object.entries(env).toSorted(([a], [b]) => a.localeCompare(b)),
  ]);
}

function supervisorRules({
  strategy,
  intensity,
  periodMs,
  autoShutdown,
  restart,
  shutdown,
  significant,
}: SupervisorNodeSpec): string {
  return JSON.stringify([strategy, intensity, periodMs, autoShutdown, restart, shutdown, significant]);
}

/** The rules as the kernel counts them: in whole seconds. */
export function rulesOf({ strategy, intensity, periodMs, autoShutdown }: SupervisorNodeSpec) {
  return { strategy, intensity, periodS: Math.max(1, Math.round(periodMs / 1000)), autoShutdown };
}
