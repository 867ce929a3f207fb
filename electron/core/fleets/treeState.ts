/** What every node of one fleet shows: live agents speak for themselves, everything else is what the supervisors reported. */
import type { NodePatch } from "#shared/contract/index.ts";
import type { ChildNodeSpec, FleetSpec, SupervisorNodeSpec } from "#shared/model/fleetFile.ts";
import type { TreeNode } from "#shared/model/node.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import type { Health, NodeState } from "#shared/model/states.ts";
import { toIsoTime } from "#shared/lib/isoTime.ts";
import type { AgentChild, AgentView } from "#core/ports/agentRunner.ts";

/** Shown while no life runs. */
export interface RestState {
  readonly state: NodeState;
  readonly sinceMs: number;
  readonly detail?: string | undefined;
  readonly nextStartAtMs?: number | undefined;
}

export interface NodeRecord {
  readonly path: string;
  readonly parentId: string | undefined;
  spec: ChildNodeSpec;
  rest: RestState | undefined;
  /** Automatic restarts of this node, all lives. */
  restarts: number;
  /** A person stopped it: nothing but a person starts it again. */
  stoppedByPerson: boolean;
  /** Agents only. */
  agent: AgentChild | undefined;
  /** Supervisors only: wall-clock ms of the restarts counted in the window. */
  counted: number[];
  /** Supervisors only: its supervisor process runs. */
  up: boolean;
  generation: number;
  sinceMs: number;
}

const RUNNING: ReadonlySet<NodeState> = new Set(["starting", "busy", "idle", "stopping"]);
/** What of a child shows on its supervisor, worst first: only what a person has to act on. */
const NEEDS_SOMEONE: readonly NodeState[] = ["crashed", "waiting_permission", "waiting_answer", "needs_login"];
const ENDED: ReadonlySet<NodeState> = new Set(["gave_up", "escalated"]);

export class TreeState {
  readonly name: string;
  /** What is wrong with the fleet's file, in one sentence; shown on the top node. */
  fileNotice: string | undefined;
  readonly #now: () => number;
  readonly records = new Map<string, NodeRecord>();

  constructor(fleet: FleetSpec, now: () => number) {
    this.name = fleet.name;
    this.#now = now;
    this.add(fleet.root, undefined);
  }

  /** Adds the node and everything below it; existing records keep what they know. */
  add(spec: ChildNodeSpec, parentId: string | undefined): void {
    const known = this.records.get(spec.id);
    if (known === undefined) {
      this.records.set(spec.id, {
        path: parentId === undefined ? this.name : `${this.name}/${spec.id}`,
        parentId,
        spec,
        rest: undefined,
        restarts: 0,
        stoppedByPerson: false,
        agent: undefined,
        counted: [],
        up: false,
        generation: 0,
        sinceMs: this.#now(),
      });
    } else known.spec = keepInstances(known.spec, spec);
    if (spec.kind === "supervisor") for (const child of spec.children) this.add(child, spec.id);
  }

  /** One more child of a simple_one_for_one supervisor, made from its template; answers its id. */
  addInstance(template: ChildNodeSpec, from = 1): string {
    const { parentId } = this.require(template.id);
    const parent = this.require(parentId ?? this.name);
    if (parent.spec.kind !== "supervisor") throw new Error(`${parent.path} is no supervisor.`);
    let number = from;
    while (this.records.has(`${template.id}-${number}`)) number++;
    const spec = { ...template, id: `${template.id}-${number}` };
    parent.spec = { ...parent.spec, children: [...parent.spec.children, spec] };
    this.add(spec, parent.spec.id);
    return spec.id;
  }

  /** What was made from the template of `supervisorId`; nothing for every other kind of supervisor. */
  instancesOf(supervisorId: string): readonly string[] {
    const { spec } = this.require(supervisorId);
    const isSimple = spec.kind === "supervisor" && spec.strategy === "simple_one_for_one";
    return isSimple ? spec.children.slice(1).map((child) => child.id) : [];
  }

  remove(id: string): void {
    const record = this.records.get(id);
    if (record?.spec.kind === "supervisor") for (const child of record.spec.children) this.remove(child.id);
    record?.agent?.dispose();
    this.records.delete(id);
  }

  get root(): NodeRecord {
    return this.require(this.name);
  }

  require(id: string): NodeRecord {
    const record = this.records.get(id);
    if (record === undefined) throw new Error(`No node ${id} in ${this.name}.`);
    return record;
  }

  liveCount(): number {
    return this.agentsBelow(this.name).filter((id) => this.#isLive(id)).length;
  }

  /** Parked ones show a live state, but nothing of them runs. */
  #isLive(id: string): boolean {
    const view = this.require(id).agent?.view;
    return view?.alive === true && LIVE_STATES.has(view.state);
  }

  /** Agents that a person's `up` starts: stopped, crashed, given up or parked, but neither done nor about to restart. */
  startable(): readonly string[] {
    return this.agentsBelow(this.name).filter((id) => {
      const state = this.stateOf(id);
      return !this.#isLive(id) && state !== "done" && state !== "backoff" && !this.isTemplate(id);
    });
  }

  /** The template of a simple_one_for_one supervisor never runs itself; starting it adds an instance. */
  isTemplate(id: string): boolean {
    const parentId = this.require(id).parentId;
    const parent = parentId === undefined ? undefined : this.require(parentId).spec;
    return parent?.kind === "supervisor" && parent.strategy === "simple_one_for_one" && parent.children[0]?.id === id;
  }

  ancestors(id: string): readonly string[] {
    const found: string[] = [];
    for (let at = this.records.get(id)?.parentId; at !== undefined; at = this.records.get(at)?.parentId) found.push(at);
    return found;
  }

  /** Ids of the agents at or below `id`, in start order. */
  agentsBelow(id: string): readonly string[] {
    const { spec } = this.require(id);
    return spec.kind === "agent" ? [id] : spec.children.flatMap((child) => this.agentsBelow(child.id));
  }

  tree(id: string = this.name): TreeNode {
    const { spec } = this.require(id);
    return {
      ...this.patch(id),
      children: spec.kind === "agent" ? [] : spec.children.map((child) => this.tree(child.id)),
    };
  }

  patch(id: string): NodePatch {
    const record = this.require(id);
    return record.spec.kind === "agent" ? this.#agentPatch(record) : this.#supervisorPatch(record, record.spec);
  }

  /** The state a node shows. */
  stateOf(id: string): NodeState {
    const record = this.require(id);
    if (record.spec.kind === "supervisor") return this.#supervisorState(record, record.spec);
    const view = record.agent?.view;
    if (view?.alive === true) return view.state;
    return record.rest?.state ?? view?.state ?? "stopped";
  }

  #agentPatch(record: NodeRecord): NodePatch {
    const { spec } = record;
    if (spec.kind !== "agent") throw new Error("Not an agent.");
    const view: AgentView = record.agent?.view ?? { ...NEVER_RAN, sinceMs: record.sinceMs };
    const shown = shownState(record, view);
    const template = this.isTemplate(spec.id) ? { detail: "Template: start it to add an instance" } : {};
    return {
      id: spec.id,
      path: record.path,
      kind: "agent",
      restart: spec.restart,
      agent: spec.agent,
      cwd: spec.cwd,
      state: shown.state,
      stateSince: toIsoTime(shown.sinceMs),
      health: agentHealth(shown.state, view.unreachable),
      restarts: record.restarts,
      generation: view.generation,
      ...(spec.command === undefined ? {} : { command: spec.command }),
      ...(spec.significant ? { significant: true } : {}),
      ...(shown.detail === undefined ? {} : { detail: shown.detail }),
      ...(shown.nextStartAtMs === undefined ? {} : { nextStartAt: toIsoTime(shown.nextStartAtMs) }),
      ...lifeFacts(view),
      ...template,
    };
  }

  #supervisorPatch(record: NodeRecord, spec: SupervisorNodeSpec): NodePatch {
    const state = this.stateOf(spec.id);
    return {
      id: spec.id,
      path: record.path,
      kind: "supervisor",
      strategy: spec.strategy,
      intensity: spec.intensity,
      periodMs: spec.periodMs,
      restartsInWindow: this.#inWindow(record, spec),
      restart: spec.restart,
      state,
      stateSince: toIsoTime(record.rest?.sinceMs ?? record.sinceMs),
      health: this.#supervisorHealth(spec, state),
      restarts: record.restarts,
      generation: record.generation,
      ...(spec.significant ? { significant: true } : {}),
      ...detailOf(record.parentId === undefined ? this.fileNotice : undefined, record.rest?.detail),
    };
  }

  #inWindow(record: NodeRecord, spec: SupervisorNodeSpec): number {
    // Its window has passed, but it is down because all of them were used.
    if (!record.up && record.rest !== undefined && ENDED.has(record.rest.state)) return spec.intensity;
    const since = this.#now() - spec.periodMs;
    return record.counted.filter((at) => at >= since).length;
  }

  /** Its own end, else what its children show together. */
  #supervisorState(record: NodeRecord, spec: SupervisorNodeSpec): NodeState {
    if (!record.up) return record.rest?.state ?? "stopped";
    // It has given up, but its children are still being stopped.
    if (record.rest !== undefined && ENDED.has(record.rest.state)) return "stopping";
    return togetherState(spec.children.map((child) => this.stateOf(child.id)));
  }

  #supervisorHealth(spec: SupervisorNodeSpec, state: NodeState): Health {
    if (ENDED.has(state)) return "critical";
    const children = spec.children.map((child) => this.patch(child.id).health);
    const order: readonly Health[] = ["critical", "unhealthy", "unknown", "degraded"];
    return order.find((health) => children.includes(health)) ?? "healthy";
  }
}

const NEVER_RAN: AgentView = { alive: false, state: "stopped", sinceMs: 0, generation: 0, unreachable: false };

/** A live agent speaks for itself; at rest the supervisor's report wins over the life's own end. */
function shownState(record: NodeRecord, view: AgentView): RestState {
  // A plain command that says nothing of itself is known by its command line.
  const command = record.spec.kind === "agent" ? record.spec.command : undefined;
  const { state, sinceMs, parkUntilMs: nextStartAtMs } = view;
  if (view.alive) return { state, sinceMs, detail: view.detail ?? command, nextStartAtMs };
  if (view.generation === 0 && view.sinceMs === 0)
    return { state: view.state, sinceMs: record.sinceMs, ...record.rest };
  return {
    state: view.state,
    sinceMs: view.sinceMs,
    detail: view.detail,
    nextStartAtMs: view.parkUntilMs,
    ...record.rest,
  };
}

/** The worst that needs someone, else running, else how all of them rest. */
function togetherState(states: readonly NodeState[]): NodeState {
  const worst = NEEDS_SOMEONE.find((state) => states.includes(state));
  if (worst !== undefined) return worst;
  if (states.some((state) => RUNNING.has(state))) return states.includes("busy") ? "busy" : "idle";
  if (states.includes("paused")) return "paused";
  if (states.length === 0) return "idle";
  return states.every((state) => state === "done") ? "done" : "stopped";
}

function detailOf(...sentences: readonly (string | undefined)[]): { detail?: string } {
  const said = sentences.filter((sentence) => sentence !== undefined);
  return said.length === 0 ? {} : { detail: said.join(" ") };
}

function lifeFacts(view: AgentView): Partial<NodePatch> {
  return {
    ...(view.mode === undefined ? {} : { mode: view.mode }),
    ...(view.pid === undefined ? {} : { pid: view.pid }),
    ...(view.sessionId === undefined ? {} : { sessionId: view.sessionId }),
    ...(view.cliSessionId === undefined ? {} : { cliSessionId: view.cliSessionId }),
    ...(view.startedAtMs === undefined ? {} : { startedAt: toIsoTime(view.startedAtMs) }),
    ...(view.exitCause === undefined ? {} : { exitCause: view.exitCause }),
    ...(view.exitDetail === undefined ? {} : { exitDetail: view.exitDetail }),
    ...(view.pauseKind === undefined ? {} : { pauseKind: view.pauseKind }),
    ...(view.queued === undefined ? {} : { queued: view.queued }),
  };
}

function agentHealth(state: NodeState, unreachable: boolean): Health {
  if (unreachable) return "unknown";
  if (state === "gave_up") return "critical";
  if (state === "crashed") return "unhealthy";
  return state === "backoff" || state === "rate_limited" || state === "needs_login" ? "degraded" : "healthy";
}

/** A file holds the template alone: reading it again does not make its instances disappear. */
function keepInstances(before: ChildNodeSpec, after: ChildNodeSpec): ChildNodeSpec {
  if (before.kind !== "supervisor" || after.kind !== "supervisor") return after;
  if (before.strategy !== "simple_one_for_one" || after.strategy !== "simple_one_for_one") return after;
  return { ...after, children: [...after.children, ...before.children.slice(1)] };
}
