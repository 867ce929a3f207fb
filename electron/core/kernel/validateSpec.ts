/**
 * Specifications are checked as a whole before anything starts, each fault with its own sentence. They may come from a
 * file, so the checks do not trust the compiler; unknown keys are ignored.
 */
import type { RestartType, Strategy } from "#shared/model/states.ts";
import type { BackoffPolicy, ChildSpec, Shutdown, SupervisorSpec } from "./types.ts";

/** A child spec with every default filled in. */
export interface CheckedChild {
  readonly id: string;
  readonly start: ChildSpec["start"];
  readonly restart: RestartType;
  readonly significant: boolean;
  readonly type: "worker" | "supervisor";
  readonly shutdown: Shutdown;
  readonly backoff: BackoffPolicy | undefined;
}

export type AutoShutdown = NonNullable<SupervisorSpec["autoShutdown"]>;

/** A supervisor spec with every default filled in. Under simple_one_for_one `children` is the template alone. */
export interface CheckedSupervisor {
  readonly name: string;
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodS: number;
  readonly autoShutdown: AutoShutdown;
  readonly children: readonly CheckedChild[];
  readonly maxChildren: number;
  readonly earlierRestarts: readonly number[];
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const STRATEGIES: readonly string[] = ["one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"];
const RESTART_TYPES: readonly string[] = ["permanent", "transient", "temporary"];
const CHILD_TYPES: readonly string[] = ["worker", "supervisor"];
const AUTO_SHUTDOWNS: readonly string[] = ["never", "any_significant", "all_significant"];
/** OTP's default ladder for a worker. */
const WORKER_SHUTDOWN_MS = 5000;

export function checkSupervisorSpec(spec: SupervisorSpec): Checked<CheckedSupervisor> {
  const flags = {
    name: spec.name,
    strategy: spec.strategy ?? "one_for_one",
    intensity: spec.intensity ?? 1,
    periodS: spec.periodS ?? 5,
    autoShutdown: spec.autoShutdown ?? "never",
    maxChildren: spec.maxChildren ?? Number.POSITIVE_INFINITY,
    earlierRestarts: spec.earlierRestarts ?? [],
  } satisfies Omit<CheckedSupervisor, "children">;
  const fault = flagsFault(flags) ?? childListFault(flags.strategy, spec.children);
  if (fault !== undefined) return { ok: false, message: `supervisor "${spec.name}": ${fault}` };
  const children: CheckedChild[] = [];
  const ids = new Set<string>();
  for (const childSpec of spec.children) {
    const child = checkChildSpec(childSpec, flags.autoShutdown);
    if (!child.ok) return child;
    if (ids.has(child.value.id)) return { ok: false, message: `duplicate child id "${child.value.id}"` };
    ids.add(child.value.id);
    children.push(child.value);
  }
  return { ok: true, value: { ...flags, children } };
}

/** `autoShutdown` is that of the supervisor the child belongs to: it decides whether `significant` may be set. */
export function checkChildSpec(spec: ChildSpec, autoShutdown: AutoShutdown): Checked<CheckedChild> {
  const type = spec.type ?? "worker";
  const child: CheckedChild = {
    id: spec.id,
    start: spec.start,
    restart: spec.restart ?? "permanent",
    significant: spec.significant ?? false,
    type,
    shutdown: spec.shutdown ?? (type === "supervisor" ? "infinity" : WORKER_SHUTDOWN_MS),
    backoff: spec.backoff,
  };
  if (typeof child.id !== "string" || child.id === "") return { ok: false, message: "a child needs an id" };
  const fault =
    childFieldsFault(child) ??
    significanceFault(child, autoShutdown) ??
    (child.backoff === undefined ? undefined : backoffFault(child.backoff));
  return fault === undefined ? { ok: true, value: child } : { ok: false, message: `child "${child.id}": ${fault}` };
}

function flagsFault(flags: Omit<CheckedSupervisor, "children">): string | undefined {
  if (!STRATEGIES.includes(flags.strategy)) return `unknown strategy "${flags.strategy}"`;
  if (!isWhole(flags.intensity)) return `intensity must be an integer >= 0, not ${String(flags.intensity)}`;
  if (!isWhole(flags.periodS) || flags.periodS === 0)
    return `period must be whole seconds > 0, not ${String(flags.periodS)}`;
  if (!AUTO_SHUTDOWNS.includes(flags.autoShutdown)) return `unknown auto-shutdown "${flags.autoShutdown}"`;
  if (flags.strategy === "simple_one_for_one" && flags.autoShutdown !== "never") {
    return "auto-shutdown cannot be used with simple_one_for_one";
  }
  if (flags.maxChildren !== Number.POSITIVE_INFINITY && !isWhole(flags.maxChildren)) {
    return `maxChildren must be an integer >= 0, not ${String(flags.maxChildren)}`;
  }
  if (!flags.earlierRestarts.every((atS) => Number.isFinite(atS))) return "earlierRestarts must be seconds since 1970";
  return undefined;
}

function childListFault(strategy: Strategy, children: readonly ChildSpec[]): string | undefined {
  if (!Array.isArray(children)) return "children must be a list";
  if (strategy === "simple_one_for_one" && children.length !== 1) {
    return `simple_one_for_one needs exactly one child spec, not ${children.length}`;
  }
  return undefined;
}

function childFieldsFault(child: CheckedChild): string | undefined {
  if (typeof child.start !== "function") return "it needs a start function";
  if (!RESTART_TYPES.includes(child.restart)) return `unknown restart type "${child.restart}"`;
  if (!CHILD_TYPES.includes(child.type)) return `unknown child type "${child.type}"`;
  if (typeof child.significant !== "boolean") return "significant must be true or false";
  if (child.shutdown !== "infinity" && child.shutdown !== "brutal_kill" && !isWhole(child.shutdown)) {
    return `shutdown must be an integer >= 0 in ms, "infinity" or "brutal_kill", not ${String(child.shutdown)}`;
  }
  return undefined;
}

function significanceFault(child: CheckedChild, autoShutdown: AutoShutdown): string | undefined {
  if (!child.significant) return undefined;
  if (child.restart === "permanent") return "a permanent child cannot be significant: it never ends by itself";
  if (autoShutdown === "never") return "a significant child needs a supervisor with auto-shutdown";
  return undefined;
}

function backoffFault(policy: BackoffPolicy): string | undefined {
  const amounts = {
    initialMs: policy.initialMs,
    maxMs: policy.maxMs,
    jitter: policy.jitter,
    resetAfterMs: policy.resetAfterMs,
  };
  for (const [name, value] of Object.entries(amounts)) {
    if (!(value >= 0)) return `backoff ${name} must be >= 0, not ${value}`;
  }
  if (!Number.isFinite(policy.initialMs) || !Number.isFinite(policy.maxMs)) return "backoff delays must be finite";
  return policy.factor >= 1 ? undefined : `backoff factor must be >= 1, not ${policy.factor}`;
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
