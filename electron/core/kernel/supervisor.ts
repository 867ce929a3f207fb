/** Starts a supervisor from its specification and hands out the reference through which it is asked and ended. */
import {
  addSpec,
  deleteChild,
  replaceSpec,
  setRules,
  restartChild,
  startChild,
  startInstance,
  terminateChild,
} from "./adminCalls.ts";
import { SupervisorCore } from "./supervisorCore.ts";
import type { SupervisorDeps } from "./supervisorCore.ts";
import type { ExitReason, SupervisorRef, SupervisorSpec } from "./types.ts";
import { checkSupervisorSpec } from "./validateSpec.ts";

export type StartSupervisorResult =
  | { readonly type: "started"; readonly supervisor: SupervisorRef }
  /** A child could not be started (`shutdown` with the child's id and reason in `detail`), or the signal was aborted. */
  | { readonly type: "error"; readonly reason: ExitReason }
  | { readonly type: "invalid"; readonly message: string };

/**
 * Checks the specification, starts the children in order and resolves when all are up (semantics.md 1.1).
 *
 * A supervisor is a ChildHandle, so a nested one is a child of type `supervisor` whose `start` calls this function with
 * `signal: context.signal` and passes `started` and `error` on. How its end reaches the parent: told to stop, used up
 * its restart intensity, or shut down by a significant child, it ends with `{ type: "shutdown" }` (`detail` says which),
 * never with a crash. So, as in OTP, a *permanent* nested supervisor that gave up is restarted and counts in its
 * parent, while a *transient* or *temporary* one stays down: only `kill` or a bug ends it abnormally.
 *
 * Dynamic children and deletions live in the running supervisor alone; a restart begins with the specification again.
 */
export async function startSupervisor(spec: SupervisorSpec, deps: SupervisorDeps): Promise<StartSupervisorResult> {
  const checked = checkSupervisorSpec(spec);
  if (!checked.ok) return { type: "invalid", message: checked.message };
  const core = new SupervisorCore(checked.value, deps);
  const failure = await core.boot();
  return failure === undefined ? { type: "started", supervisor: createRef(core) } : { type: "error", reason: failure };
}

function createRef(core: SupervisorCore): SupervisorRef {
  const stopping = { code: "stopping" } as const;
  return {
    name: core.spec.name,
    exited: core.exited,
    shutdown: () => core.conclude({ type: "shutdown" }),
    kill: () => core.kill(),
    startChild: (spec) => core.call(() => startChild(core, spec), stopping),
    addSpec: (spec, place) => core.call(async () => addSpec(core, spec, place?.before), stopping),
    replaceSpec: (spec) => core.call(async () => replaceSpec(core, spec), stopping),
    setRules: (rules) => core.call(async () => setRules(core, rules), stopping),
    startInstance: (id) => core.call(() => startInstance(core, id), stopping),
    terminateChild: (id) => core.call(() => terminateChild(core, id), stopping),
    restartChild: (id) => core.call(() => restartChild(core, id), stopping),
    deleteChild: (id) => core.call(async () => deleteChild(core, id), stopping),
    // Reads look at the table as it stands, so they answer even while a start hangs.
    whichChildren: async () => core.table.infos(),
    countChildren: async () => ({
      ...core.table.count(),
      ...(core.isSimple ? { specs: 1 } : {}),
    }),
    stop: async () => {
      core.conclude({ type: "shutdown" });
      await core.exited;
    },
  };
}
