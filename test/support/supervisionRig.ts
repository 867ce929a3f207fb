/** Children that do what a test says, and a record of everything their supervisors did to them, in order. */
import { startSupervisor } from "#core/kernel/index.ts";
import type {
  ChildHandle,
  ChildSpec,
  ExitReason,
  StartContext,
  StartOutcome,
  SupervisorEvent,
  SupervisorRef,
  SupervisorSpec,
} from "#core/kernel/index.ts";
import { ManualClock, settle } from "./manualClock.ts";

/** `obey`: ends as told; a number: after so many ms; `ignore`: only a kill helps. */
export type Obedience = "obey" | "ignore" | number;

export interface FakeChildPlan extends Partial<Omit<ChildSpec, "id" | "start">> {
  readonly obedience?: Obedience;
  /** What it says on being told to end; default shutdown. */
  readonly lastWords?: ExitReason;
}

/** What the next start of an id does: fail, ignore, or hang until released. */
type StartPlan = "fail" | "ignore" | "hang";

interface LiveChild {
  readonly end: (reason: ExitReason) => void;
  readonly number: number;
}

export const CRASH: ExitReason = { type: "crash", detail: "boom" };
export const NORMAL: ExitReason = { type: "normal" };
export const SHUTDOWN: ExitReason = { type: "shutdown" };
export const PARKED: ExitReason = { type: "parked", detail: "rate limited" };
export const LOST: ExitReason = { type: "lost", detail: "keeper died" };

export class SupervisionRig {
  readonly clock = new ManualClock();
  readonly events: SupervisorEvent[] = [];
  /** `start a`, `ask a`, `kill a`, `fail a`, `ignore a`, `end a`. */
  readonly log: string[] = [];
  readonly contexts: StartContext[] = [];
  readonly #live = new Map<string, LiveChild>();
  readonly #plans = new Map<string, StartPlan[]>();
  readonly #hanging = new Map<string, () => void>();
  #number = 0;
  randomValue = 0;

  /** A worker that starts at once and obeys, unless the plan says otherwise. */
  child(id: string, plan: FakeChildPlan = {}): ChildSpec {
    const { obedience, lastWords, ...spec } = plan;
    return {
      id,
      ...spec,
      start: (context) => this.#start(context, { obedience: obedience ?? "obey", lastWords: lastWords ?? SHUTDOWN }),
    };
  }

  /** One child per letter. */
  children(ids: string, plan: FakeChildPlan = {}): ChildSpec[] {
    return ids.split("").map((id) => this.child(id, plan));
  }

  /** The next starts of `id`, in order; after them it starts normally again. */
  plan(id: string, ...plans: StartPlan[]): void {
    this.#plans.set(id, [...(this.#plans.get(id) ?? []), ...plans]);
  }

  async supervise(spec: Partial<SupervisorSpec> & Pick<SupervisorSpec, "children">): Promise<SupervisorRef> {
    const started = await this.start(spec);
    if (started.type !== "started") throw new Error(JSON.stringify(started));
    return started.supervisor;
  }

  start(spec: Partial<SupervisorSpec> & Pick<SupervisorSpec, "children">, signal?: AbortSignal) {
    return startSupervisor({ name: "top", intensity: 3, periodS: 5, ...spec }, this.deps(signal));
  }

  deps(signal?: AbortSignal) {
    const deps = {
      clock: this.clock,
      random: () => this.randomValue,
      onEvent: (event: SupervisorEvent) => void this.events.push(event),
    };
    return signal === undefined ? deps : { ...deps, signal };
  }

  /** The child ends by itself; resolves when its supervisor has done all it does at once. */
  async exit(id: string, reason: ExitReason): Promise<void> {
    const live = this.#live.get(id);
    if (live === undefined) throw new Error(`${id} does not run`);
    live.end(reason);
    await this.clock.advance(0);
  }

  /** Lets a hanging start go on. */
  async release(id: string): Promise<void> {
    this.#hanging.get(id)?.();
    await settle();
  }

  get running(): string {
    return [...this.#live.keys()].toSorted().join("");
  }

  /** A number that is new for every life. */
  lifeOf(id: string): number | undefined {
    return this.#live.get(id)?.number;
  }

  /** The log since the last call. */
  takeLog(): string[] {
    return this.log.splice(0);
  }

  eventTypes(): string[] {
    return this.events.map((event) => ("id" in event ? `${event.type} ${event.id}` : event.type));
  }

  async #start(context: StartContext, nature: { obedience: Obedience; lastWords: ExitReason }): Promise<StartOutcome> {
    const id = context.childId;
    this.contexts.push(context);
    const plan = this.#plans.get(id)?.shift();
    if (plan === "hang") {
      this.log.push(`hang ${id}`);
      await new Promise<void>((resolve) => this.#hanging.set(id, resolve));
    }
    if (plan === "fail") {
      this.log.push(`fail ${id}`);
      return { type: "error", reason: { type: "crash", detail: `${id} does not start` } };
    }
    if (plan === "ignore") {
      this.log.push(`ignore ${id}`);
      return { type: "ignore" };
    }
    this.log.push(`start ${id}`);
    return { type: "started", child: this.#bringUp(id, nature) };
  }

  #bringUp(id: string, { obedience, lastWords }: { obedience: Obedience; lastWords: ExitReason }): ChildHandle {
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    this.#number += 1;
    const live: LiveChild = {
      number: this.#number,
      end: (reason) => {
        if (this.#live.get(id) === live) this.#live.delete(id);
        resolve(reason);
      },
    };
    this.#live.set(id, live);
    return {
      exited: promise,
      shutdown: () => {
        this.log.push(`ask ${id}`);
        if (obedience === "obey") live.end(lastWords);
        else if (obedience !== "ignore") this.clock.after(obedience, () => live.end(lastWords));
      },
      kill: () => {
        this.log.push(`kill ${id}`);
        live.end({ type: "killed" });
      },
    };
  }
}

/** `a:running b:undefined`, in the order which_children gives. */
export async function statusLine(supervisor: SupervisorRef): Promise<string> {
  const infos = await supervisor.whichChildren();
  return infos.map((info) => `${info.id}:${info.status}`).join(" ");
}
