/** What a person or a program may ask of a running supervisor. Each call is served in the mailbox's turn. */
import { FIRST_ATTEMPT } from "./backoff.ts";
import { createEntry } from "./childTable.ts";
import type { ChildEntry } from "./childTable.ts";
import type { StarterOutcome } from "./childStarter.ts";
import type { SupervisorCore } from "./supervisorCore.ts";
import type {
  ChildSpec,
  DeleteChildResult,
  RestartChildResult,
  StartChildResult,
  SupervisorRef,
  SupervisorRules,
  TerminateChildResult,
} from "./types.ts";
import { checkChildSpec, checkSupervisorSpec } from "./validateSpec.ts";
import type { Checked, CheckedChild } from "./validateSpec.ts";

type ReplaceSpecResult = Awaited<ReturnType<SupervisorRef["replaceSpec"]>>;
type SetRulesResult = Awaited<ReturnType<SupervisorRef["setRules"]>>;

/** Adds a child at the end of the start order and starts it; nothing is kept of a start that fails. */
export async function startChild(core: SupervisorCore, spec: ChildSpec): Promise<StartChildResult> {
  const checked = checkOrdinarySpec(core, spec);
  if (!checked.ok) return { code: "invalid", message: checked.message };
  return taken(core, spec.id) ?? startNew(core, createEntry(checked.value));
}

/** Adds a child without starting it: at the end of the start order, or before the child `before` if there is one. */
export function addSpec(core: SupervisorCore, spec: ChildSpec, before: string | undefined): StartChildResult {
  const checked = checkOrdinarySpec(core, spec);
  if (!checked.ok) return { code: "invalid", message: checked.message };
  const refusal = taken(core, spec.id);
  if (refusal !== undefined) return refusal;
  const entry = createEntry(checked.value);
  if (before === undefined) core.table.add(entry);
  else core.table.addBefore(entry, before);
  return { code: "ok", id: spec.id };
}

/** New rules for a child that is left as it is; a wait that has begun is not changed by them. */
export function replaceSpec(core: SupervisorCore, spec: ChildSpec): ReplaceSpecResult {
  const checked = checkOrdinarySpec(core, spec);
  if (!checked.ok) return { code: "invalid", message: checked.message };
  const entry = core.table.get(spec.id);
  if (entry === undefined) return { code: "not_found" };
  entry.spec = checked.value;
  return { code: "ok" };
}

/** New rules for the supervisor itself. A template and a list of children are not made into each other. */
export function setRules(core: SupervisorCore, rules: SupervisorRules): SetRulesResult {
  const checked = checkSupervisorSpec({ name: core.spec.name, ...rules, children: [] });
  if (!checked.ok) return { code: "invalid", message: checked.message };
  if (core.isSimple) return { code: "invalid", message: "a simple_one_for_one supervisor keeps its rules" };
  core.setRules(checked.value);
  return { code: "ok" };
}

/** simple_one_for_one: one more instance of the template. */
export async function startInstance(core: SupervisorCore, id: string): Promise<StartChildResult> {
  const template = core.spec.children[0];
  if (!core.isSimple || template === undefined) {
    return { code: "invalid", message: "only a simple_one_for_one supervisor starts instances of a template" };
  }
  if (id === "") return { code: "invalid", message: "an instance needs an id" };
  const refusal = taken(core, id);
  if (refusal !== undefined) return refusal;
  // Restarting and parked instances are in the table too: they will want their place back.
  if (core.table.size >= core.spec.maxChildren) return { code: "max_children" };
  return startNew(core, createEntry({ ...template, id }));
}

/** Stops a child or cancels its pending restart; the spec stays unless it is temporary or an instance. Idempotent. */
export async function terminateChild(core: SupervisorCore, id: string): Promise<TerminateChildResult> {
  const entry = core.table.get(id);
  if (entry === undefined) return { code: "not_found" };
  await core.terminate(entry, { because: "requested" });
  core.drop(entry);
  return { code: "ok" };
}

/**
 * Starts a stopped or parked child. One that waits out its backoff is started now, with its group and without being
 * counted; one that is merely about to be tried again answers `restarting`. A start by hand begins the backoff anew.
 */
export async function restartChild(core: SupervisorCore, id: string): Promise<RestartChildResult> {
  const entry = core.table.get(id);
  if (entry === undefined) return { code: "not_found" };
  const { phase } = entry;
  if (phase.type === "running") return { code: "running" };
  if (phase.type === "restarting" && phase.until !== "backoff") return { code: "restarting" };
  entry.backoff = FIRST_ATTEMPT;
  if (phase.type === "restarting") {
    phase.cancel();
    return restartCode(await core.runRestart(entry, "requested"));
  }
  const outcome = await core.start(entry, "requested");
  if (outcome.type === "ignore") core.drop(entry);
  return restartCode(outcome);
}

/** Forgets a child that does not run. */
export function deleteChild(core: SupervisorCore, id: string): DeleteChildResult {
  const entry = core.table.get(id);
  if (entry === undefined) return { code: "not_found" };
  if (entry.phase.type === "running") return { code: "running" };
  if (entry.phase.type === "restarting") return { code: "restarting" };
  core.table.remove(entry);
  core.emit({ type: "child_removed", id });
  return { code: "ok" };
}

function checkOrdinarySpec(core: SupervisorCore, spec: ChildSpec): Checked<CheckedChild> {
  if (core.isSimple) {
    return { ok: false, message: "under simple_one_for_one children are started from the template by their id" };
  }
  return checkChildSpec(spec, core.spec.autoShutdown);
}

function taken(core: SupervisorCore, id: string): StartChildResult | undefined {
  const existing = core.table.get(id);
  if (existing === undefined) return undefined;
  return { code: existing.phase.type === "running" ? "already_started" : "already_present" };
}

async function startNew(core: SupervisorCore, entry: ChildEntry): Promise<StartChildResult> {
  // In the table before it runs, so that whoever hears `child_started` finds it there.
  core.table.add(entry);
  const outcome = await core.start(entry, "requested");
  switch (outcome.type) {
    case "started":
      return { code: "ok", id: entry.spec.id };
    case "ignore":
      if (entry.spec.restart === "temporary" || core.isSimple) core.table.remove(entry);
      return { code: "ignored" };
    case "error":
      core.table.remove(entry);
      return { code: "start_error", reason: outcome.reason };
    case "abandoned":
      core.table.remove(entry);
      return { code: "stopping" };
  }
}

function restartCode(outcome: StarterOutcome): RestartChildResult {
  switch (outcome.type) {
    case "started":
      return { code: "ok" };
    case "ignore":
      return { code: "ignored" };
    case "error":
      return { code: "start_error", reason: outcome.reason };
    case "abandoned":
      return { code: "stopping" };
  }
}
