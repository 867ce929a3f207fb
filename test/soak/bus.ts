/**
 * kill -9 of a process that publishes and consumes, at random moments: no acknowledged message is lost, none is there
 * twice, none is missing between, no confirmed one comes again, and poison is given up after exactly maxDeliver attempts.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { within } from "#test/support/deadline.ts";
import { openSqliteBus } from "../contract/messageBusEngines.ts";
import { MAX_DELIVER, textOf } from "./busChild.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const bus: SoakRow = {
  name: "bus",
  purpose:
    "kill -9 of publishers and consumers of the bus: nothing acknowledged lost, no gap, given up after exactly maxDeliver",
  run,
};

const KILLS = { short: 3, long: 100 };
const MESSAGES = { short: 9000, long: 1_000_000 };
const POISON_EVERY = { short: 90, long: 100 };
const ROUND_MS = 300_000;
/** Republished after each kill, all of them acknowledged within the window. */
const SAID_AGAIN = 50;
const PAGE = 1000;

async function run(soak: Soak): Promise<SoakFinding> {
  const form = soak.isShort ? "short" : "long";
  const world = new World(soak, MESSAGES[form], POISON_EVERY[form]);
  const perRound = MESSAGES[form] / (KILLS[form] + 1);
  let kills = 0;
  for (const _ of soak.rounds(KILLS)) {
    const goal = world.acknowledged + 1 + soak.random.below(Math.floor(2 * perRound));
    await world.liveUntil(Math.min(goal, MESSAGES[form]), "killed");
    kills += 1;
    await world.lookAgain();
    if (kills % 10 === 0)
      soak.say(`${kills} kills, ${world.acknowledged} acknowledged, ${world.problems.length} problems`);
    if (world.problems.length > 20) break;
  }
  await world.liveUntil(MESSAGES[form], "drained");
  await world.verify();
  return { figures: { kills, ...world.figures() }, problems: world.problems };
}

class World {
  readonly problems: string[] = [];
  acknowledged = 0;
  readonly #soak: Soak;
  readonly #total: number;
  readonly #poisonEvery: number;
  readonly #dir: string;
  /** By number: its sequence number, 0 while nobody acknowledged it. */
  readonly #acks: Float64Array;
  readonly #handed = new Set<number>();
  readonly #confirmed = new Set<number>();
  readonly #attempts = new Map<number, Set<number>>();
  readonly #letters = new Map<number, number>();
  #deliveries = 0;
  #again = 0;
  #kills = 0;
  #startsMs: number[] = [];

  constructor(soak: Soak, total: number, poisonEvery: number) {
    this.#soak = soak;
    this.#total = total;
    this.#poisonEvery = poisonEvery;
    this.#dir = soak.dir;
    this.#acks = new Float64Array(total + 1);
  }

  figures(): Record<string, number> {
    return {
      acknowledged: this.acknowledged,
      deliveries: this.#deliveries,
      "said again": this.#again,
      poison: this.#letters.size,
      "start max ms": Math.round(Math.max(0, ...this.#startsMs)),
    };
  }

  /** One life of the process: until so many are acknowledged and it is killed, or until nothing is left to do. */
  async liveUntil(goal: number, end: "killed" | "drained"): Promise<void> {
    const args = [join(import.meta.dirname, "busChild.ts"), this.#dir, String(this.#lowestOpen()), String(this.#total)];
    const began = performance.now();
    const child = spawn(process.execPath, [...args, String(this.#poisonEvery)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#soak.defer(() => child.kill("SIGKILL"));
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const isOver = (): boolean => (end === "killed" ? this.acknowledged >= goal : this.#isDrained());
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      if (line === "ready") this.#startsMs.push(performance.now() - began);
      else this.#hear(line);
      if (isOver()) this.#kill(child);
    });
    if (isOver()) this.#kill(child);
    await within(`a life of the bus until ${goal}`, ended, ROUND_MS);
    if (!isOver()) this.problems.push(`the process ended by itself after ${this.acknowledged} acknowledged`);
    this.#kills += 1;
  }

  /** What was acknowledged last is said again: a duplicate, with the number it had. */
  async lookAgain(): Promise<void> {
    const opened = await openSqliteBus(this.#dir);
    try {
      await this.#seeSettled(opened.bus);
      const upTo = this.#lowestOpen() - 1;
      for (let n = Math.max(1, upTo - SAID_AGAIN + 1); n <= upTo; n += 1) await this.#sayAgain(opened.bus, n);
    } finally {
      await opened.close();
    }
  }

  async verify(): Promise<void> {
    const opened = await openSqliteBus(this.#dir);
    try {
      await this.#verifyLoad(opened.bus);
      await this.#verifyPoison(opened.bus);
      const [integrity] = opened.store.all("PRAGMA integrity_check");
      if (integrity?.["integrity_check"] !== "ok") this.problems.push(`integrity_check: ${JSON.stringify(integrity)}`);
    } finally {
      await opened.close();
    }
  }

  /** A kill between a commit and its line leaves settled what nobody said; nothing may be that was not handed over. */
  async #seeSettled(over: MessageBus): Promise<void> {
    const consumers = await over.consumers("LOAD");
    const floor = consumers.ok ? (consumers.value[0]?.ackFloor ?? 0) : 0;
    for (let seq = 1; seq <= floor; seq += 1) {
      if (!this.#handed.has(seq)) this.problems.push(`${seq} is settled and was never handed over`);
      this.#confirmed.add(seq);
    }
  }

  async #sayAgain(over: MessageBus, n: number): Promise<void> {
    const again = await over.publish({ subject: `load.k${n % 50}`, data: "changed", msgId: `m-${n}` });
    this.#again += 1;
    if (!again.ok || !again.value.duplicate || again.value.seq !== this.#acks[n])
      this.problems.push(`${n} said again after kill ${this.#kills}: ${JSON.stringify(again)}, had ${this.#acks[n]}`);
  }

  async #verifyLoad(over: MessageBus): Promise<void> {
    let next = 1;
    const seen = new Uint8Array(this.#total + 1);
    for (;;) {
      const page = await over.read({ stream: "LOAD", from: next, limit: PAGE });
      if (!page.ok) return void this.problems.push(page.error.message);
      for (const { seq, data } of page.value) {
        if (seq !== next) this.problems.push(`a gap: ${seq} follows ${next - 1}`);
        next = seq + 1;
        const { n }: { n: number } = JSON.parse(data);
        if (data !== textOf(n)) this.problems.push(`${n} is not what was published: ${data}`);
        if (seen[n] === 1) this.problems.push(`${n} is there twice`);
        seen[n] = 1;
        if (this.#acks[n] !== seq) this.problems.push(`${n} was acknowledged as ${this.#acks[n]} and is ${seq}`);
        if (!this.#confirmed.has(seq)) this.problems.push(`${seq} was never settled`);
        if (this.problems.length > 20) return;
      }
      if (page.value.length < PAGE) break;
    }
    const found = seen.reduce((sum, one) => sum + one, 0);
    if (found !== this.#total) this.problems.push(`${found} of ${this.#total} acknowledged messages are there`);
  }

  async #verifyPoison(over: MessageBus): Promise<void> {
    const expected = Math.floor(this.#total / this.#poisonEvery);
    if (this.#letters.size !== expected) this.problems.push(`${this.#letters.size} dead letters, ${expected} expected`);
    for (const [seq, attempts] of this.#letters)
      if (attempts !== MAX_DELIVER) this.problems.push(`${seq} was given up after ${attempts} attempts`);
    const told = new Map<number, number>();
    for (let from = 1; ;) {
      const page = await over.read({
        stream: "ADVISORIES",
        from,
        filter: "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
        limit: PAGE,
      });
      if (!page.ok) return void this.problems.push(page.error.message);
      for (const { data } of page.value) {
        const advisory: { stream_seq: number; deliveries: number } = JSON.parse(data);
        told.set(advisory.stream_seq, (told.get(advisory.stream_seq) ?? 0) + 1);
        if (advisory.deliveries !== MAX_DELIVER) this.problems.push(`an advisory of ${advisory.deliveries} deliveries`);
      }
      const last = page.value.at(-1);
      if (last === undefined || page.value.length < PAGE) break;
      from = last.seq + 1;
    }
    const wrong = [...this.#letters.keys()].filter((seq) => told.get(seq) !== 1);
    if (wrong.length > 0) this.problems.push(`${wrong.length} dead letters without exactly one advisory, ${wrong[0]}`);
  }

  #hear(line: string): void {
    const [kind = "", first = "", second = ""] = line.split(" ");
    const value = Number(first);
    if (kind === "a") this.#heardAck(value, Number(second));
    else if (kind === "d") this.#heardDelivery(value);
    else if (kind === "c") this.#confirmed.add(value);
    else if (kind === "p") this.#heardAttempt(value, Number(second));
    else if (kind === "l") this.#letters.set(value, Number(second));
  }

  #heardAck(n: number, seq: number): void {
    const before = this.#acks[n] ?? 0;
    if (before === 0) this.acknowledged += 1;
    else if (before !== seq) this.problems.push(`${n} was acknowledged as ${before} and as ${seq}`);
    this.#acks[n] = seq;
  }

  #heardDelivery(seq: number): void {
    this.#deliveries += 1;
    this.#handed.add(seq);
    if (this.#confirmed.has(seq)) this.problems.push(`${seq} was settled and came again`);
  }

  /** An attempt is counted before its handler hears of it, so no number of one comes twice. */
  #heardAttempt(seq: number, attempt: number): void {
    const attempts = this.#attempts.get(seq) ?? new Set();
    if (attempts.has(attempt) || attempt > MAX_DELIVER) this.problems.push(`attempt ${attempt} of ${seq}, again`);
    this.#attempts.set(seq, attempts.add(attempt));
  }

  /** The process goes on from here; what it did not hear an answer for, it says again. */
  #lowestOpen(): number {
    let n = this.#floor;
    while (n <= this.#total && this.#acks[n] !== 0) n += 1;
    this.#floor = n;
    return n;
  }

  #floor = 1;

  #isDrained(): boolean {
    const poison = Math.floor(this.#total / this.#poisonEvery);
    return this.acknowledged >= this.#total && this.#confirmed.size >= this.#total && this.#letters.size >= poison;
  }

  #kill(child: ChildProcess): void {
    child.kill("SIGKILL");
  }
}
