/** Random trees under random events: the kernel and an independent reference model must never diverge. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startSupervisor } from "#core/kernel/index.ts";
import type { ChildSpec, ExitReason, SupervisorEvent, SupervisorRef, SupervisorSpec } from "#core/kernel/index.ts";
import { statusLine, SupervisionRig } from "#test/support/supervisionRig.ts";
import { BACKOFF, MAX_INSTANCES, ModelSupervisor, World } from "./kernelReference.ts";
import type { ChildPlan, End, Restart, StartFault, Strategy, SupervisorPlan } from "./kernelReference.ts";

const MAX_DEPTH = 4;
/** 30,000 events in a few seconds; KERNEL_RUNS=10000 is the long form. */
const RUNS = 300;
const COMMANDS_PER_RUN = 100;

const REASONS: Readonly<Record<End, ExitReason>> = {
  normal: { type: "normal" },
  shutdown: { type: "shutdown" },
  crash: { type: "crash", detail: "boom" },
  killed: { type: "killed" },
  parked: { type: "parked", detail: "limit" },
  lost: { type: "lost", detail: "keeper" },
};

// --- random trees ---

interface NodeSeed {
  readonly parent: number;
  readonly isSupervisor: boolean;
  readonly restart: Restart;
  readonly significant: boolean;
  readonly backoff: boolean;
  readonly flags: Flags;
}

interface Flags {
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodS: number;
  readonly autoShutdown: SupervisorPlan["autoShutdown"];
}

interface Draft {
  readonly flags: Flags;
  readonly name: string;
  readonly depth: number;
  readonly children: (ChildPlan & { draft?: Draft })[];
}

const flagsArbitrary: fc.Arbitrary<Flags> = fc.record({
  strategy: fc.constantFrom<Strategy>("one_for_one", "one_for_all", "rest_for_one", "simple_one_for_one"),
  intensity: fc.integer({ min: 0, max: 6 }),
  periodS: fc.integer({ min: 1, max: 10 }),
  autoShutdown: fc.constantFrom<SupervisorPlan["autoShutdown"]>("never", "never", "any_significant", "all_significant"),
});

const seedArbitrary: fc.Arbitrary<NodeSeed> = fc.record({
  parent: fc.nat(50),
  isSupervisor: fc.integer({ min: 0, max: 3 }).map((roll) => roll === 0),
  restart: fc.constantFrom<Restart>("permanent", "permanent", "transient", "temporary"),
  significant: fc.boolean(),
  backoff: fc.boolean(),
  flags: flagsArbitrary,
});

/** One to fifty nodes, each hung under a supervisor that came before it. */
const treeArbitrary = fc
  .record({ flags: flagsArbitrary, seeds: fc.array(seedArbitrary, { minLength: 1, maxLength: 50, size: "max" }) })
  .map(({ flags, seeds }) => {
    const topFlags = flags.strategy === "simple_one_for_one" ? { ...flags, strategy: "one_for_one" as const } : flags;
    const top: Draft = { flags: topFlags, name: "top", depth: 1, children: [] };
    const parents = [top];
    for (const [index, seed] of seeds.entries()) {
      const parent = parents[seed.parent % parents.length] ?? top;
      const canNest = seed.isSupervisor && parent.depth < MAX_DEPTH;
      const { autoShutdown } = parent.flags;
      const significant = seed.significant && seed.restart !== "permanent" && autoShutdown !== "never";
      const common = { restart: seed.restart, significant, backoff: seed.backoff };
      if (!canNest) {
        parent.children.push({ id: `c${index}`, ...common });
        continue;
      }
      const draft: Draft = { flags: seed.flags, name: `s${index}`, depth: parent.depth + 1, children: [] };
      parent.children.push({ id: draft.name, ...common, draft });
      if (seed.flags.strategy !== "simple_one_for_one") parents.push(draft);
    }
    return finished(top);
  });

function finished({ flags, name, children }: Draft): SupervisorPlan {
  if (flags.strategy === "simple_one_for_one") {
    const template: ChildPlan = {
      id: `${name}.t`,
      restart: "permanent",
      significant: false,
      backoff: flags.intensity > 3,
    };
    return { ...flags, name, autoShutdown: "never", children: [template] };
  }
  const plans = children.map(({ draft, ...plan }) =>
    draft === undefined ? plan : { ...plan, inner: finished(draft) },
  );
  return { ...flags, name, children: plans };
}

// --- random events ---

interface Command {
  readonly kind: "exit" | "terminate" | "restart" | "delete" | "start" | "fault" | "pass" | "stop" | "kill";
  readonly pick: number;
  readonly end: End;
  readonly faults: readonly StartFault[];
  readonly ms: number;
}

const commandArbitrary: fc.Arbitrary<Command> = fc.record({
  kind: fc.oneof(
    { weight: 40, arbitrary: fc.constant<Command["kind"]>("exit") },
    { weight: 8, arbitrary: fc.constant<Command["kind"]>("terminate") },
    { weight: 12, arbitrary: fc.constant<Command["kind"]>("restart") },
    { weight: 5, arbitrary: fc.constant<Command["kind"]>("delete") },
    { weight: 12, arbitrary: fc.constant<Command["kind"]>("start") },
    { weight: 8, arbitrary: fc.constant<Command["kind"]>("fault") },
    { weight: 13, arbitrary: fc.constant<Command["kind"]>("pass") },
    { weight: 1, arbitrary: fc.constant<Command["kind"]>("stop") },
    { weight: 1, arbitrary: fc.constant<Command["kind"]>("kill") },
  ),
  pick: fc.nat(9999),
  end: fc.constantFrom<End>("normal", "shutdown", "crash", "crash", "crash", "killed", "parked", "lost"),
  faults: fc.array(fc.constantFrom<StartFault>("fail", "fail", "ignore"), { minLength: 1, maxLength: 3 }),
  // Whole seconds too: the window and the backoff have their edges there.
  ms: fc.oneof(
    fc.integer({ min: 0, max: 12_000 }),
    fc.integer({ min: 0, max: 12 }).map((seconds) => seconds * 1000),
  ),
});

// --- the two worlds side by side ---

class Bench {
  readonly rig = new SupervisionRig();
  readonly world = new World();
  readonly refs = new Map<string, SupervisorRef>();
  readonly #plan: SupervisorPlan;
  top: ModelSupervisor | undefined;

  constructor(plan: SupervisorPlan) {
    this.#plan = plan;
  }

  async boot(): Promise<void> {
    const top = new ModelSupervisor(this.world, this.#plan, () => undefined);
    const isUp = top.boot();
    const started = await this.#startReal(this.#plan, undefined);
    expect(started.type === "started").toBe(isUp);
    this.top = isUp ? top : undefined;
    await this.compare();
  }

  /** One event in both worlds, then everything that is due at once, then the comparison. */
  async apply(command: Command): Promise<void> {
    if (this.top === undefined || this.top.isDead) return this.boot();
    const [expected, actual] = await this.#carryOut(command, this.top);
    expect(actual).toBe(expected);
    this.world.pass(0);
    await this.rig.clock.advance(0);
    await this.compare(command.kind === "kill" ? killLog : (log) => log);
  }

  async compare(view: (log: readonly string[]) => readonly string[] = (log) => log): Promise<void> {
    expect(view(this.rig.takeLog())).toEqual(view(this.world.log.splice(0)));
    const living = this.top?.living() ?? [];
    expect([...this.refs.keys()].toSorted()).toEqual(living.map(({ plan }) => plan.name).toSorted());
    const leaves = (this.top?.isDead ? [] : (this.top?.runningLeaves() ?? [])).map(({ kid }) => kid.plan.id);
    expect(this.rig.running).toBe(leaves.toSorted().join(""));
    for (const model of living) {
      const ref = this.refs.get(model.plan.name);
      if (ref === undefined) throw new Error(`${model.plan.name} does not run`);
      expect(`${model.plan.name} ${await statusLine(ref)}`).toBe(`${model.plan.name} ${model.statusLine()}`);
      const simple = model.plan.strategy === "simple_one_for_one";
      const active = model.kids.filter(({ status }) => status === "running").length;
      const supervisors = model.kids.filter(({ plan }) => plan.inner !== undefined).length;
      const counts = {
        specs: simple ? 1 : model.kids.length,
        active,
        supervisors,
        workers: model.kids.length - supervisors,
      };
      expect(await ref.countChildren()).toEqual(counts);
    }
  }

  /** The answers of model and kernel, which must be equal; 0 where there is none. */
  async #carryOut(command: Command, top: ModelSupervisor): Promise<[unknown, unknown]> {
    const supervisors = top.living();
    const model = supervisors[command.pick % supervisors.length] ?? top;
    const ref = this.refs.get(model.plan.name);
    if (ref === undefined) throw new Error(`${model.plan.name} does not run`);
    const id = model.kids[Math.floor(command.pick / 7) % Math.max(1, model.kids.length)]?.plan.id ?? "nobody";
    switch (command.kind) {
      case "exit":
        return this.#exit(command, top);
      case "fault":
        return this.#plantFault(command, id);
      case "pass":
        this.world.pass(command.ms);
        await this.rig.clock.advance(command.ms);
        return [0, 0];
      default:
        return this.#ask(command, { model, ref, id });
    }
  }

  async #ask(
    command: Command,
    { model, ref, id }: { model: ModelSupervisor; ref: SupervisorRef; id: string },
  ): Promise<[unknown, unknown]> {
    switch (command.kind) {
      case "stop":
        return [model.stop(), ref.shutdown()];
      case "kill":
        return [model.kill(), ref.kill()];
      case "start":
        return this.#startLeaf(command, { model, ref });
      case "terminate":
        return [model.terminate(id), (await ref.terminateChild(id)).code];
      case "restart":
        return [model.restartByHand(id), (await ref.restartChild(id)).code];
      case "delete":
        return [model.delete(id), (await ref.deleteChild(id)).code];
      default:
        throw new Error(`not an admin call: ${command.kind}`);
    }
  }

  async #exit(command: Command, top: ModelSupervisor): Promise<[unknown, unknown]> {
    const leaves = top.runningLeaves();
    const leaf = leaves[command.pick % Math.max(1, leaves.length)];
    if (leaf === undefined) return [0, 0];
    const { id } = leaf.kid.plan;
    leaf.owner.childEnded(leaf.kid, command.end);
    await this.rig.exit(id, REASONS[command.end]);
    return [0, 0];
  }

  #plantFault({ faults }: Command, id: string): [unknown, unknown] {
    this.world.faults.set(id, [...(this.world.faults.get(id) ?? []), ...faults]);
    this.rig.plan(id, ...faults);
    return [0, 0];
  }

  async #startLeaf(command: Command, at: { model: ModelSupervisor; ref: SupervisorRef }): Promise<[unknown, unknown]> {
    const { plan } = at.model;
    const id = `${plan.name}.d${command.pick % 5}`;
    const template = plan.children[0];
    if (plan.strategy === "simple_one_for_one" && template !== undefined) {
      return [at.model.startLeaf({ ...template, id }), (await at.ref.startInstance(id)).code];
    }
    const restart = (["permanent", "transient", "temporary"] as const)[command.pick % 3] ?? "permanent";
    const leaf: ChildPlan = { id, restart, significant: false, backoff: command.pick % 2 === 0 };
    return [at.model.startLeaf(leaf), (await at.ref.startChild(this.#leafSpec(leaf))).code];
  }

  #startReal(plan: SupervisorPlan, signal: AbortSignal | undefined) {
    const children = plan.children.map((child) =>
      child.inner === undefined ? this.#leafSpec(child) : this.#innerSpec(child, child.inner),
    );
    const spec: SupervisorSpec = { ...plan, maxChildren: MAX_INSTANCES, children };
    const deps = { ...this.rig.deps(), onEvent: (event: SupervisorEvent) => this.#note(plan.name, event) };
    return startSupervisor(spec, signal === undefined ? deps : { ...deps, signal }).then((result) => {
      if (result.type === "started") this.refs.set(plan.name, result.supervisor);
      return result;
    });
  }

  #leafSpec({ backoff, ...rest }: ChildPlan): ChildSpec {
    const spec = this.rig.child(rest.id, { restart: rest.restart, significant: rest.significant });
    return backoff ? { ...spec, backoff: BACKOFF } : spec;
  }

  #innerSpec(child: ChildPlan, inner: SupervisorPlan): ChildSpec {
    return {
      id: child.id,
      type: "supervisor",
      restart: child.restart,
      significant: child.significant,
      ...(child.backoff ? { backoff: BACKOFF } : {}),
      start: async (context) => {
        const result = await this.#startReal(inner, context.signal);
        if (result.type === "invalid") throw new Error(result.message);
        return result.type === "started" ? { type: "started", child: result.supervisor } : result;
      },
    };
  }

  #note(name: string, event: SupervisorEvent): void {
    if (event.type === "restart_counted") this.rig.log.push(`${name} counts ${event.id} ${event.restartsInWindow}`);
    if (event.type === "intensity_reached") this.rig.log.push(`${name} gives up at ${event.id}`);
    if (event.type === "auto_shutdown") this.rig.log.push(`${name} auto ${event.id}`);
    if (event.type === "child_removed") this.rig.log.push(`${name} forgets ${event.id}`);
    if (event.type === "stopped") {
      this.refs.delete(name);
      this.rig.log.push(`${name} gone`);
    }
  }
}

/** A killed tree falls all at once: the order among the supervisors that are gone, and among the kills, is no promise. */
function killLog(log: readonly string[]): readonly string[] {
  const dying = (line: string) => line.startsWith("kill ") || line.endsWith(" gone");
  return [...log.filter(dying).toSorted(), ...log.filter((line) => !dying(line))];
}

describe("the kernel", () => {
  it("never diverges from the reference model on random trees under random events", async () => {
    let events = 0;
    await fc.assert(
      fc.asyncProperty(
        treeArbitrary,
        fc.array(commandArbitrary, { minLength: COMMANDS_PER_RUN, maxLength: COMMANDS_PER_RUN, size: "max" }),
        async (plan, commands) => {
          const bench = new Bench(plan);
          await bench.boot();
          for (const command of commands) {
            await bench.apply(command);
            events += 1;
          }
        },
      ),
      { numRuns: Number(process.env["KERNEL_RUNS"] ?? RUNS) },
    );
    expect(events).toBeGreaterThanOrEqual(10_000);
  });
});
