/** One fleet's supervisors and agents while they run: builds the tree, reports what it does, carries out what a person asks. */
import type { AgentSpec, ChildNodeSpec, FleetSpec, SupervisorNodeSpec } from "#shared/model/fleetFile.ts";
import { supervisorSubject } from "#shared/lib/eventSubjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { startSupervisor } from "#core/kernel/index.ts";
import type {
  ChildSpec,
  StartContext,
  StartOutcome,
  SupervisorEvent,
  SupervisorRef,
  SupervisorSpec,
} from "#core/kernel/index.ts";
import type { AgentStart } from "#core/ports/agentRunner.ts";
import { clearCounted, writeCounted, writeRest } from "./fleetStore.ts";
import type { StoredRest } from "./fleetStore.ts";
import { rulesOf } from "./fleetDiff.ts";
import { applySupervisorEvent } from "./supervisorEvents.ts";
import type { RuntimeDeps, UpMode } from "./runtimeDeps.ts";
import { restoreInstances } from "./restoreInstances.ts";
import { startAnswer } from "./startAnswer.ts";
import { TreeState } from "./treeState.ts";
import type { NodeRecord } from "./treeState.ts";

export class FleetRuntime {
  readonly tree: TreeState;
  readonly #deps: RuntimeDeps;
  #fleet: FleetSpec;
  readonly #refs = new Map<string, SupervisorRef>();
  readonly #fresh = new Set<string>();
  #boot: { startLost: boolean } | undefined;

  constructor(deps: RuntimeDeps, fleet: FleetSpec, rests: ReadonlyMap<string, StoredRest>) {
    this.#deps = deps;
    this.#fleet = fleet;
    this.tree = new TreeState(fleet, () => deps.clock.wallNow());
    restoreInstances(this.tree, deps.agents);
    for (const record of this.tree.records.values()) this.#restore(record, rests.get(record.path));
    this.#openAgents();
  }

  get fleet(): FleetSpec {
    return this.#fleet;
  }

  get isUp(): boolean {
    return this.#refs.has(this.#fleet.name);
  }

  #restore(record: NodeRecord, stored: StoredRest | undefined): void {
    if (stored === undefined) return;
    const { rest } = stored;
    record.rest = rest;
    record.restarts = stored.restarts;
    record.stoppedByPerson = stored.stoppedByPerson;
    record.generation = stored.generation;
  }

  #openAgents(): void {
    for (const record of this.tree.records.values()) {
      if (record.spec.kind !== "agent" || record.agent !== undefined) continue;
      const { id } = record.spec;
      record.agent = this.#deps.agents.child(record.path, record.spec, () => this.#changed([id]));
    }
  }

  /** The start of the fleet's top supervisor; the app's supervisor calls it. */
  async start(mode: UpMode, context: StartContext): Promise<StartOutcome> {
    this.#boot = mode.type === "boot" ? { startLost: mode.startLost } : undefined;
    const outcome = await this.#startSupervisor(this.#fleet.root, mode.type === "boot", context);
    this.#boot = undefined;
    return outcome;
  }

  async #startSupervisor(spec: SupervisorNodeSpec, keepsCounts: boolean, context: StartContext): Promise<StartOutcome> {
    const record = this.tree.require(spec.id);
    const earlier = keepsCounts
      ? this.#deps.fleetStore.countedSince(record.path, this.#deps.clock.wallNow() - spec.periodMs)
      : [];
    record.counted = [...earlier];
    if (!keepsCounts) this.#deps.recorder.project((tx) => clearCounted(tx, record.path));
    const started = await startSupervisor(this.#supervisorSpec(spec, earlier), {
      clock: this.#deps.clock,
      random: this.#deps.random,
      logger: this.#deps.logger,
      signal: context.signal,
      onEvent: (event: SupervisorEvent) => this.#report(spec.id, event),
    });
    if (started.type === "invalid")
      throw new Error(`A parsed fleet file made an invalid supervisor: ${started.message}`);
    if (started.type === "error") return started;
    this.#refs.set(spec.id, started.supervisor);
    const data = { path: record.path, strategy: spec.strategy, intensity: spec.intensity, periodMs: spec.periodMs };
    this.#deps.recorder.note({
      subject: supervisorSubject(record.path, "started"),
      type: "supervisor.started",
      actor: "supervisor",
      data,
    });
    // Inner supervisors are counted by the one above; nobody is above the top one.
    if (record.parentId === undefined && (!keepsCounts || record.generation === 0)) {
      record.generation++;
      this.#persist([spec.id]);
    }
    record.up = true;
    record.sinceMs = this.#deps.clock.wallNow();
    record.rest = undefined;
    void started.supervisor.exited.then(() => this.#ended(spec, started.supervisor));
    this.#changed([spec.id]);
    if (keepsCounts) for (const id of this.tree.instancesOf(spec.id)) await started.supervisor.startInstance(id);
    return { type: "started", child: started.supervisor };
  }

  #ended(spec: SupervisorNodeSpec, ref: SupervisorRef): void {
    if (this.#refs.get(spec.id) === ref) this.#refs.delete(spec.id);
    const record = this.tree.records.get(spec.id);
    if (record === undefined) return;
    record.up = false;
    this.#changed([spec.id]);
    if (record.parentId === undefined && record.rest?.state === "gave_up") this.#deps.onGaveUp(this.#fleet.name);
  }

  #supervisorSpec(spec: SupervisorNodeSpec, earlierMs: readonly number[]): SupervisorSpec {
    return {
      name: this.tree.require(spec.id).path,
      ...rulesOf(spec),
      children: spec.children.map((child) => this.#childSpec(child)),
      earlierRestarts: earlierMs.map((at) => Math.floor(at / 1000)),
    };
  }

  #childSpec(spec: ChildNodeSpec): ChildSpec {
    const { id, restart, significant, shutdown } = spec;
    const rules = { id, restart, significant, shutdown };
    if (spec.kind === "supervisor") {
      return {
        ...rules,
        type: "supervisor",
        start: (context) => this.#startChildSupervisor(context.childId, context),
      };
    }
    return {
      ...rules,
      type: "worker",
      backoff: spec.backoff,
      start: (context) => this.#startAgent(context.childId, context),
    };
  }

  async #startChildSupervisor(id: string, context: StartContext): Promise<StartOutcome> {
    const record = this.tree.require(id);
    const boot = context.occasion === "initial" ? this.#boot : undefined;
    if (boot !== undefined && record.rest !== undefined) return { type: "ignore" };
    if (record.spec.kind !== "supervisor") throw new Error(`${id} is no supervisor.`);
    return this.#startSupervisor(record.spec, boot !== undefined, context);
  }

  #startAgent(id: string, context: StartContext): Promise<StartOutcome> {
    const record = this.tree.require(id);
    if (record.agent === undefined) throw new Error(`${id} is no agent.`);
    const fresh = this.#fresh.delete(id);
    const boot = context.occasion === "initial" ? this.#boot : undefined;
    if (boot !== undefined) return record.agent.start({ context, ...this.#bootStart(record, boot.startLost) });
    record.stoppedByPerson = false;
    return record.agent.start({ context, fresh });
  }

  /** What ran or was about to restart when the last core ended goes on, staggered; everything else rests as it did. */
  #bootStart(record: NodeRecord, startLost: boolean): Omit<AgentStart, "context"> {
    const backoff = record.rest?.state === "backoff" ? record.rest : undefined;
    // Lost now, or at an earlier start that was not to start anything.
    const wasLost =
      this.#deps.agents.leftover(record.path) === "lost" || record.agent?.view.exitCause === "keeper_lost";
    const wasGoing = backoff !== undefined || wasLost;
    if (!wasGoing || record.stoppedByPerson) return { adoptOnly: true };
    if (startLost) {
      const leftMs = (backoff?.nextStartAtMs ?? 0) - this.#deps.clock.wallNow();
      return { delayMs: Math.max(this.#deps.nextBootDelayMs(), leftMs), inBackoff: leftMs > 0 };
    }
    if (backoff !== undefined)
      record.rest = { state: "stopped", sinceMs: backoff.sinceMs, detail: "Was about to restart when the app ended" };
    return { adoptOnly: true };
  }

  #report(supervisorId: string, event: SupervisorEvent): void {
    const record = this.tree.records.get(supervisorId);
    if (record?.spec.kind !== "supervisor") return;
    const effect = applySupervisorEvent(
      { tree: this.tree, spec: record.spec, nowMs: this.#deps.clock.wallNow() },
      event,
    );
    const { counted } = effect;
    if (counted !== undefined) {
      this.#deps.recorder.project((tx) => writeCounted(tx, counted.supervisorPath, counted.atMs));
      this.#deps.clock.after(record.spec.periodMs + 1000, () => this.#changed([supervisorId]));
    }
    if (effect.event !== undefined) {
      this.#deps.recorder.note(effect.event);
      this.#deps.onEvent(effect.event);
    }
    if (effect.changed.length === 0) return;
    this.#persist(effect.changed);
    this.#changed(effect.changed);
  }

  #persist(ids: readonly string[]): void {
    this.#deps.recorder.project((tx) => {
      for (const id of ids) {
        const record = this.tree.records.get(id);
        if (record !== undefined) writeRest(tx, this.#fleet.name, record);
      }
    });
  }

  #changed(ids: readonly string[]): void {
    this.#deps.onChange(this.#fleet.name, ids);
  }

  #parentRef(id: string): SupervisorRef | undefined {
    const parentId = this.tree.require(id).parentId;
    return parentId === undefined ? undefined : this.#refs.get(parentId);
  }

  /** A person starts a child: at rest, parked or waiting in backoff. A dead supervisor above it is started instead. */
  async startChild(id: string, fresh = false): Promise<Result<void>> {
    const ref = this.#parentRef(id);
    if (ref === undefined) return this.#startDeadParent(id);
    const record = this.tree.require(id);
    if (fresh) this.#fresh.add(id);
    record.stoppedByPerson = false;
    if (this.#strategyAbove(id) === "simple_one_for_one") return this.#startInstance(ref, id);
    const { code } = await ref.restartChild(id);
    if (code === "not_found") return this.#startAgain(ref, id);
    this.#persist([id]);
    if (code === "running" && record.agent?.hurry() === true) return ok(undefined);
    return startAnswer(record.path, code);
  }

  async #startDeadParent(id: string): Promise<Result<void>> {
    const { parentId, path } = this.tree.require(id);
    if (parentId === undefined || parentId === this.#fleet.name) {
      return fail(
        "not_running",
        `The fleet ${this.#fleet.name} is down, so ${path} has no supervisor. Start the fleet.`,
      );
    }
    return this.startChild(parentId);
  }

  #strategyAbove(id: string): string | undefined {
    const { parentId } = this.tree.require(id);
    const above = parentId === undefined ? undefined : this.tree.require(parentId).spec;
    return above?.kind === "supervisor" ? above.strategy : undefined;
  }

  /** simple_one_for_one: starting the template adds an instance `template-1`, `template-2` …; an instance that ended starts anew. */
  async #startInstance(ref: SupervisorRef, id: string): Promise<Result<void>> {
    const { spec, parentId, agent, path } = this.tree.require(id);
    if (agent?.view.alive === true) return fail("already_started", `${path} runs already.`);
    const isTemplate = parentId !== undefined && this.#templateOf(parentId) === id;
    const instance = isTemplate ? this.tree.addInstance(spec) : id;
    this.#openAgents();
    const result = await ref.startInstance(instance);
    this.#changed([instance]);
    this.#deps.onShape(this.#fleet.name);
    return result.code === "ok" || result.code === "ignored"
      ? ok(undefined)
      : fail("conflict", `${instance} could not be started: ${result.code}.`);
  }

  #templateOf(supervisorId: string): string | undefined {
    const { spec } = this.tree.require(supervisorId);
    return spec.kind === "supervisor" ? spec.children[0]?.id : undefined;
  }

  /** A temporary child's specification went with its life. */
  async #startAgain(ref: SupervisorRef, id: string): Promise<Result<void>> {
    const result = await ref.startChild(this.#childSpec(this.tree.require(id).spec));
    return result.code === "ok" || result.code === "ignored"
      ? ok(undefined)
      : fail("conflict", `${id} could not be started: ${result.code}.`);
  }

  async stopChild(id: string): Promise<Result<void>> {
    const record = this.tree.require(id);
    const ref = this.#parentRef(id);
    if (ref === undefined) return fail("not_running", `${record.path} does not run: its supervisor is down.`);
    record.stoppedByPerson = true;
    const result = await ref.terminateChild(id);
    await this.#sweep(id);
    if (!record.rest) record.rest = { state: "stopped", sinceMs: this.#deps.clock.wallNow(), detail: "Stopped by you" };
    this.#persist([id]);
    this.#changed([id]);
    return result.code === "stopping"
      ? fail("conflict", `The supervisor of ${record.path} is stopping already.`)
      : ok(undefined);
  }

  async restartChild(id: string, fresh: boolean): Promise<Result<void>> {
    const ref = this.#parentRef(id);
    if (ref !== undefined) await ref.terminateChild(id);
    await this.#sweep(id);
    if (fresh) for (const agent of this.tree.agentsBelow(id)) this.#fresh.add(agent);
    return this.startChild(id);
  }

  /** A hot-reloaded child takes the place in the start order that it has in the file. */
  async addChild(parentId: string, spec: ChildNodeSpec, before: string | undefined): Promise<void> {
    this.tree.add(spec, parentId);
    this.#openAgents();
    await this.#refs.get(parentId)?.startChild(this.#childSpec(spec), place(before));
    this.#changed([parentId]);
  }

  /** It and all below it are stopped and no longer supervised; they are shown until `setFleet` takes them out. */
  async endChild(id: string): Promise<void> {
    const ref = this.#parentRef(id);
    await ref?.terminateChild(id);
    await ref?.deleteChild(id);
    await this.#sweep(id);
  }

  /** New rules for the next life; one that runs something else ends now and, if it ran, starts again. */
  async updateAgent(spec: AgentSpec, change: { runsOtherwise: boolean; before?: string | undefined }): Promise<void> {
    const record = this.tree.require(spec.id);
    const ref = this.#parentRef(spec.id);
    const isGoing = record.agent?.view.alive === true || record.rest?.state === "backoff";
    record.agent?.update(spec);
    if (ref === undefined) return;
    if (!change.runsOtherwise) {
      await ref.replaceSpec(this.#childSpec(spec));
      return;
    }
    await ref.terminateChild(spec.id);
    await ref.deleteChild(spec.id);
    if (isGoing) await ref.startChild(this.#childSpec(spec), place(change.before));
    else await ref.addSpec(this.#childSpec(spec), place(change.before));
  }

  async updateSupervisor(spec: SupervisorNodeSpec): Promise<void> {
    await this.#refs.get(spec.id)?.setRules(rulesOf(spec));
    await this.#parentRef(spec.id)?.replaceSpec(this.#childSpec(spec));
    this.#changed([spec.id]);
  }

  /** Whatever earlier lives at or below the node left running. */
  async #sweep(id: string): Promise<void> {
    const agents = this.tree.agentsBelow(id).flatMap((agentId) => this.tree.require(agentId).agent ?? []);
    await Promise.all(agents.map((agent) => agent.sweep()));
  }

  /** `up` on a fleet that is up also starts what a person or an end had stopped below it. */
  async startRested(): Promise<void> {
    for (const id of this.tree.startable()) await this.startChild(id);
  }

  /** Takes nodes out and puts new ones in at one stroke: whoever looks between two steps sees a tree that fits together. */
  setFleet(fleet: FleetSpec, removed: readonly string[]): void {
    for (const id of removed) this.tree.remove(id);
    this.#fleet = fleet;
    this.tree.add(fleet.root, undefined);
    this.#deps.onSpec(fleet.name, fleet);
  }

  async stop(): Promise<void> {
    await this.#refs.get(this.#fleet.name)?.stop();
    await this.#sweep(this.#fleet.name);
  }
}

function place(before: string | undefined): { before?: string } {
  return before === undefined ? {} : { before };
}
