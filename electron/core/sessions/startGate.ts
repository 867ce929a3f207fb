/**
 * Machine protection: while memory is short or the processor overcommitted, new starts wait in one line, first come
 * first served, and say so. Looks at the machine once per start, and every second only while somebody waits.
 */
import { bytesWords } from "#shared/lib/words.ts";
import type { Settings } from "#shared/model/settings.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { MachineLoad, Resources } from "#core/ports/resources.ts";

export type GateRules = Pick<Settings, "startAboveFreeMb" | "startBelowCpuPercent">;

export interface StartGateDeps {
  readonly clock: Clock;
  readonly resources: Resources;
  readonly rules: () => GateRules;
}

export interface GateRequest {
  /** An agent CLI; a plain command may be of any size. */
  readonly isCli: boolean;
  /** A restart replaces what was there: it adds nothing to the processor's load, and backoff already slows it. */
  readonly isRestart: boolean;
}

/** One look serves a storm of starts. */
const LOOK_AGAIN_MS = 250;
const WAITERS_LOOK_MS = 1000;
/** Under processor pressure starts follow each other at this distance: slower than a storm, never for ever. */
const PACE_MS = 500;
/** Until an agent CLI has taken its memory the machine looks emptier than it is: Claude Code idles at 250 MB, and more. */
const EXPECTED_BYTES = 300_000_000;
const EXPECTED_FOR_MS = 10_000;
const MB = 1_000_000;

export interface Waiting {
  readonly request: GateRequest;
  /** Told whenever the reason changes. */
  readonly onReason: (reason: string) => void;
  readonly go: () => void;
}

export class StartGate {
  readonly #deps: StartGateDeps;
  /** Bounded by the number of agents: each waits at most once. */
  readonly #line = new Set<Waiting>();
  #cancelLook: (() => void) | undefined;
  #look: { readonly atMs: number; readonly load: Promise<MachineLoad> } | undefined;
  #admitted: number[] = [];
  #lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(deps: StartGateDeps) {
    this.#deps = deps;
  }

  /** Undefined: start now. Else the reason to wait; `join` then waits. */
  async ask(request: GateRequest): Promise<string | undefined> {
    const load = await this.#load();
    // Nobody passes those who wait already.
    const [first] = this.#line;
    const reason =
      this.#reasonFor(request, load) ?? (first === undefined ? undefined : this.#reasonFor(first.request, load));
    if (reason === undefined) this.#admit(request);
    return reason;
  }

  /** The returned function leaves the line. */
  join(waiting: Waiting): () => void {
    this.#line.add(waiting);
    this.#lookLater();
    return () => this.#line.delete(waiting);
  }

  /** A person's order: it goes whatever the machine says, and counts as what it is. */
  pass(request: GateRequest): void {
    this.#admit(request);
  }

  #load(): Promise<MachineLoad> {
    const atMs = this.#deps.clock.now();
    if (this.#look === undefined || atMs - this.#look.atMs > LOOK_AGAIN_MS)
      this.#look = { atMs, load: this.#deps.resources.load() };
    return this.#look.load;
  }

  #admit({ isCli }: GateRequest): void {
    this.#lastStartMs = this.#deps.clock.now();
    if (isCli) this.#admitted.push(this.#lastStartMs);
  }

  #reasonFor(request: GateRequest, load: MachineLoad): string | undefined {
    const now = this.#deps.clock.now();
    this.#admitted = this.#admitted.filter((at) => now - at < EXPECTED_FOR_MS);
    const free = Math.max(0, load.memoryFree - this.#admitted.length * EXPECTED_BYTES);
    return waitReason(this.#deps.rules(), {
      request,
      free,
      cpuPressure: load.cpuPressure,
      sinceLastStartMs: now - this.#lastStartMs,
    });
  }

  #lookLater(): void {
    if (this.#cancelLook !== undefined || this.#line.size === 0) return;
    this.#cancelLook = this.#deps.clock.after(this.#line.size > 1 ? PACE_MS : WAITERS_LOOK_MS, () => {
      this.#cancelLook = undefined;
      void this.#serve().finally(() => this.#lookLater());
    });
  }

  /** One at a time: the next look sees what this start has cost. */
  async #serve(): Promise<void> {
    const load = await this.#load();
    const [first] = this.#line;
    if (first === undefined) return;
    const reason = this.#reasonFor(first.request, load);
    if (reason !== undefined) {
      for (const waiting of this.#line) waiting.onReason(reason);
      return;
    }
    this.#line.delete(first);
    this.#admit(first.request);
    first.go();
  }
}

export interface GateLook {
  readonly request: GateRequest;
  readonly free: number;
  readonly cpuPressure: number | undefined;
  readonly sinceLastStartMs: number;
}

/** The sentence a person reads, or undefined when nothing speaks against the start. Pure. */
export function waitReason(rules: GateRules, look: GateLook): string | undefined {
  const floor = rules.startAboveFreeMb * MB;
  if (look.free < floor) return `Waits for memory: ${bytesWords(look.free)} free, starts above ${bytesWords(floor)}`;
  const isPressed = look.cpuPressure !== undefined && look.cpuPressure > rules.startBelowCpuPercent;
  if (!isPressed || look.request.isRestart || look.sinceLastStartMs >= PACE_MS) return undefined;
  return `Waits for the processor: short of it ${Math.round(look.cpuPressure ?? 0)} % of the time, so starts go one by one`;
}
