/**
 * The supervision rules once more, as plainly as possible: synchronous, no promises, no mailbox. It shares no code with
 * the kernel on purpose; where the two differ, one of them is wrong.
 */
export type Restart = "permanent" | "transient" | "temporary";
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one" | "simple_one_for_one";
export type End = "normal" | "shutdown" | "crash" | "killed" | "parked" | "lost";
export type StartFault = "fail" | "ignore";

export interface ChildPlan {
  readonly id: string;
  readonly restart: Restart;
  readonly significant: boolean;
  readonly backoff: boolean;
  readonly inner?: SupervisorPlan;
}

/** Under simple_one_for_one the only child is the template. */
export interface SupervisorPlan {
  readonly name: string;
  readonly strategy: Strategy;
  readonly intensity: number;
  readonly periodS: number;
  readonly autoShutdown: "never" | "any_significant" | "all_significant";
  readonly children: readonly ChildPlan[];
}

export const BACKOFF = { initialMs: 1000, maxMs: 4000, factor: 2, jitter: 0, resetAfterMs: 5000 };
export const MAX_INSTANCES = 3;

interface Alarm {
  due: number;
  order: number;
  ring: () => void;
}

export class World {
  now = 0;
  log: string[] = [];
  readonly faults = new Map<string, StartFault[]>();
  #alarms: Alarm[] = [];
  #order = 0;

  alarm(delay: number, ring: () => void): Alarm {
    this.#order += 1;
    const alarm = { due: this.now + delay, order: this.#order, ring };
    this.#alarms.push(alarm);
    return alarm;
  }

  silence(alarm: Alarm | undefined): void {
    this.#alarms = this.#alarms.filter((other) => other !== alarm);
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.#alarms.filter((alarm) => alarm.due <= end);
      const next = due.sort((a, b) => a.due - b.due || a.order - b.order)[0];
      if (next === undefined) break;
      this.silence(next);
      this.now = Math.max(this.now, next.due);
      next.ring();
    }
    this.now = end;
  }
}

interface Kid {
  plan: ChildPlan;
  status: "running" | "undefined" | "restarting" | "parked";
  inner: ModelSupervisor | undefined;
  since: number;
  failures: number;
  alone: boolean;
  alarm: Alarm | undefined;
  backingOff: boolean;
}

export class ModelSupervisor {
  readonly world: World;
  readonly plan: SupervisorPlan;
  kids: Kid[] = [];
  isDead = false;
  readonly #stamps: number[] = [];
  readonly #tellParent: (end: End) => void;

  constructor(world: World, plan: SupervisorPlan, tellParent: (end: End) => void) {
    this.world = world;
    this.plan = plan;
    this.#tellParent = tellParent;
  }

  /** False: a child failed, everything is down again. */
  boot(): boolean {
    if (this.plan.strategy === "simple_one_for_one") return true;
    this.kids = this.plan.children.map(newKid);
    for (const kid of this.kids) {
      const outcome = this.#bringUp(kid);
      if (outcome === "ignore") this.#lay(kid);
      if (outcome === "fail") {
        this.#goDown();
        return false;
      }
    }
    return true;
  }

  /** All living supervisors of this tree, this one first. */
  living(): ModelSupervisor[] {
    if (this.isDead) return [];
    return [this, ...this.kids.flatMap((kid) => kid.inner?.living() ?? [])];
  }

  runningLeaves(): { owner: ModelSupervisor; kid: Kid }[] {
    return this.kids.flatMap((kid) => {
      if (kid.inner !== undefined) return kid.inner.runningLeaves();
      return kid.status === "running" ? [{ owner: this, kid }] : [];
    });
  }

  statusLine(): string {
    return this.kids
      .map((kid) => `${kid.plan.id}:${kid.status}`)
      .reverse()
      .join(" ");
  }

  childEnded(kid: Kid, end: End): void {
    kid.inner = undefined;
    const { restart } = kid.plan;
    if (end === "parked") kid.status = "parked";
    else if (end === "lost" && restart !== "temporary") {
      kid.alone = true;
      this.#restart(kid);
    } else if (restart === "permanent" || (restart === "transient" && end !== "normal" && end !== "shutdown")) {
      this.#failed(kid, this.world.now - kid.since);
    } else {
      this.#lay(kid);
      this.#maybeAutoShutdown(kid);
    }
  }

  stop(): void {
    this.#goDown();
    this.#tellParent("shutdown");
  }

  kill(): void {
    this.#killAll();
    this.#tellParent("killed");
  }

  // --- admin calls, answering the code ---

  startLeaf(plan: ChildPlan): string {
    const simple = this.plan.strategy === "simple_one_for_one";
    const old = this.kids.find((kid) => kid.plan.id === plan.id);
    if (old !== undefined) return old.status === "running" ? "already_started" : "already_present";
    if (simple && this.kids.length >= MAX_INSTANCES) return "max_children";
    const kid = newKid(plan);
    const outcome = this.#bringUp(kid);
    if (outcome === "fail") return "start_error";
    if (outcome === "ok" || (plan.restart !== "temporary" && !simple)) this.kids.push(kid);
    return outcome === "ok" ? "ok" : "ignored";
  }

  terminate(id: string): string {
    const kid = this.kids.find((other) => other.plan.id === id);
    if (kid === undefined) return "not_found";
    this.#takeDown(kid);
    this.#lay(kid);
    return "ok";
  }

  restartByHand(id: string): string {
    const kid = this.kids.find((other) => other.plan.id === id);
    if (kid === undefined) return "not_found";
    if (kid.status === "running") return "running";
    if (kid.status === "restarting" && !kid.backingOff) return "restarting";
    kid.failures = 0;
    const outcome = kid.status === "restarting" ? this.#restart(kid) : this.#bringUp(kid);
    if (outcome === "ignore" && this.kids.includes(kid)) this.#lay(kid);
    return { ok: "ok", ignore: "ignored", fail: "start_error" }[outcome];
  }

  delete(id: string): string {
    const kid = this.kids.find((other) => other.plan.id === id);
    if (kid === undefined) return "not_found";
    if (kid.status === "running" || kid.status === "restarting") return kid.status;
    this.#forget(kid);
    return "ok";
  }

  // --- the rules ---

  #failed(kid: Kid, lifeMs: number | undefined): void {
    const second = Math.floor(this.world.now / 1000);
    const recent = this.#stamps.filter((stamp) => stamp >= second - this.plan.periodS).length;
    if (recent + 1 > this.plan.intensity) {
      kid.status = "undefined";
      this.world.log.push(`${this.plan.name} gives up at ${kid.plan.id}`);
      this.stop();
      return;
    }
    this.#stamps.push(second);
    this.world.log.push(`${this.plan.name} counts ${kid.plan.id} ${recent + 1}`);
    if (lifeMs !== undefined && lifeMs >= BACKOFF.resetAfterMs) kid.failures = 0;
    const waits = kid.plan.backoff && kid.failures > 0;
    const delay = Math.min(4000, 1000 * 2 ** (kid.failures - 1));
    kid.failures += 1;
    if (!waits) {
      this.#restart(kid);
      return;
    }
    this.#takeDownOthers(kid);
    kid.status = "restarting";
    kid.backingOff = true;
    kid.alarm = this.world.alarm(delay, () => void this.#restart(kid));
  }

  #restart(kid: Kid): "ok" | "fail" | "ignore" {
    this.world.silence(kid.alarm);
    kid.backingOff = false;
    kid.status = "restarting";
    this.#takeDownOthers(kid);
    const result = { of: "ignore" as "ok" | "fail" | "ignore", reached: false };
    for (const member of this.#groupOf(kid)) {
      const outcome = this.#bringUp(member);
      if (member === kid) {
        result.of = outcome;
        result.reached = true;
      }
      if (outcome === "ignore") this.#lay(member);
      if (outcome === "fail") {
        if (!result.reached) {
          kid.status = "undefined";
          result.of = "fail";
        }
        member.status = "restarting";
        member.backingOff = false;
        member.alarm = this.world.alarm(0, () => this.#failed(member, undefined));
        break;
      }
    }
    return result.of;
  }

  #groupOf(kid: Kid): Kid[] {
    if (kid.alone) return [kid];
    const present = this.kids.filter((other) => other.status !== "parked");
    if (this.plan.strategy === "one_for_all") return present;
    if (this.plan.strategy === "rest_for_one") return present.slice(present.indexOf(kid));
    return [kid];
  }

  #takeDownOthers(kid: Kid): void {
    for (const other of this.#groupOf(kid).reverse()) {
      if (other === kid) continue;
      this.#takeDown(other);
      if (other.plan.restart === "temporary") this.#forget(other);
    }
  }

  #takeDown(kid: Kid): void {
    this.world.silence(kid.alarm);
    if (kid.status === "running") {
      if (kid.inner === undefined) this.world.log.push(`ask ${kid.plan.id}`);
      else kid.inner.#goDown();
    }
    kid.inner = undefined;
    kid.alone = false;
    kid.backingOff = false;
    kid.status = "undefined";
  }

  #lay(kid: Kid): void {
    kid.status = "undefined";
    kid.alone = false;
    if (kid.plan.restart === "temporary" || this.plan.strategy === "simple_one_for_one") this.#forget(kid);
  }

  #forget(kid: Kid): void {
    this.kids = this.kids.filter((other) => other !== kid);
    this.world.log.push(`${this.plan.name} forgets ${kid.plan.id}`);
  }

  #maybeAutoShutdown(ended: Kid): void {
    if (!ended.plan.significant || this.plan.autoShutdown === "never") return;
    const others = this.kids.some((kid) => kid.plan.significant && kid.status !== "undefined");
    if (this.plan.autoShutdown === "all_significant" && others) return;
    this.world.log.push(`${this.plan.name} auto ${ended.plan.id}`);
    this.stop();
  }

  #goDown(): void {
    for (const kid of [...this.kids].reverse()) this.#takeDown(kid);
    this.isDead = true;
    this.world.log.push(`${this.plan.name} gone`);
  }

  #killAll(): void {
    for (const kid of this.kids) {
      this.world.silence(kid.alarm);
      if (kid.inner !== undefined) kid.inner.#killAll();
      else if (kid.status === "running") this.world.log.push(`kill ${kid.plan.id}`);
      kid.inner = undefined;
      kid.status = "undefined";
    }
    this.isDead = true;
    this.world.log.push(`${this.plan.name} gone`);
  }

  #bringUp(kid: Kid): "ok" | "fail" | "ignore" {
    const { id, inner: plan } = kid.plan;
    if (plan === undefined) {
      const fault = this.world.faults.get(id)?.shift();
      this.world.log.push(`${fault ?? "start"} ${id}`);
      if (fault !== undefined) return fault;
    } else {
      const inner = new ModelSupervisor(this.world, plan, (end) => this.childEnded(kid, end));
      if (!inner.boot()) return "fail";
      kid.inner = inner;
    }
    kid.status = "running";
    kid.since = this.world.now;
    kid.alone = false;
    return "ok";
  }
}

function newKid(plan: ChildPlan): Kid {
  return {
    plan,
    status: "undefined",
    inner: undefined,
    since: 0,
    failures: 0,
    alone: false,
    alarm: undefined,
    backingOff: false,
  };
}
