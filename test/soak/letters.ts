/**
 * Poison messages with kill -9 at random moments: each becomes a dead letter after exactly maxDeliver attempts, once, is
 * announced once, and is healed or left to a person, whenever the process died.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Store } from "#core/store/index.ts";
import { eventually, within } from "#test/support/deadline.ts";
import { HEALED_EVERY, MAX_DELIVER, openLetters } from "./lettersChild.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";

export const letters: SoakRow = {
  name: "letters",
  purpose: "poison with kill -9: a dead letter after exactly maxDeliver attempts, once, healed or left to a person",
  run,
};

const KILLS = { short: 2, long: 30 };
const POISON = { short: 120, long: 10_000 };
const ROUND_MS = 300_000;
const PAGE = 1000;

async function run(soak: Soak): Promise<SoakFinding> {
  const total = POISON[soak.isShort ? "short" : "long"];
  const world = new World(soak, total);
  const perRound = total / (KILLS[soak.isShort ? "short" : "long"] + 1);
  let kills = 0;
  for (const _ of soak.rounds(KILLS)) {
    await world.live(world.facts + 1 + soak.random.below(Math.floor(8 * perRound)));
    kills += 1;
    if (kills % 10 === 0) soak.say(`${kills} kills, ${world.published} published, ${world.problems.length} problems`);
    if (world.problems.length > 20) break;
  }
  await world.live(Number.POSITIVE_INFINITY);
  await world.verify();
  return {
    figures: { kills, poison: total, attempts: world.attempts, "healer's attempts": world.again },
    problems: world.problems,
  };
}

class World {
  readonly problems: string[] = [];
  facts = 0;
  attempts = 0;
  again = 0;
  readonly #soak: Soak;
  readonly #total: number;
  readonly #published = new Set<number>();
  readonly #seen = new Map<number, Set<number>>();
  readonly #settled = new Set<number>();

  constructor(soak: Soak, total: number) {
    this.#soak = soak;
    this.#total = total;
  }

  get published(): number {
    return this.#published.size;
  }

  /** One life: killed after so many facts, or when all there is to do is done. */
  async live(goal: number): Promise<void> {
    let from = 1;
    while (this.#published.has(from)) from += 1;
    const args = [join(import.meta.dirname, "lettersChild.ts"), this.#soak.dir, String(from), String(this.#total)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#soak.defer(() => child.kill("SIGKILL"));
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const isOver = (): boolean => this.facts >= goal || this.#settled.size >= this.#total;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [kind = "", first = "", second = ""] = line.split(" ");
      this.#hear(kind, first, Number(second));
      if (isOver()) child.kill("SIGKILL");
    });
    await within("a life with dead letters", ended, ROUND_MS);
    if (!isOver()) this.problems.push("the process ended by itself");
  }

  async verify(): Promise<void> {
    const opened = await openLetters(this.#soak.dir);
    const { desk, store, bus } = opened;
    try {
      // The last life was killed with its last letter, before it could say so: the next one says it.
      await desk.open();
      await eventually("the announcements", () => desk.letters.unpublished(1).length === 0, ROUND_MS);
      const healed = Math.floor(this.#total / HEALED_EVERY);
      const counts = desk.letters.counts();
      const expected = { new: 0, retrying: 0, replayed: healed, discarded: 0, needs_human: this.#total - healed };
      if (JSON.stringify(counts) !== JSON.stringify(expected))
        this.problems.push(`${JSON.stringify(counts)}, not ${JSON.stringify(expected)}`);
      this.#none(store, `attempts <> ${MAX_DELIVER}`, `letters after other than ${MAX_DELIVER} attempts`);
      // What cannot be taken is known as such, however often the process died meanwhile: the healer leaves it alone.
      const isHealed = "state = 'needs_human' AND (error_class <> 'validation' OR retries > 0)";
      this.#none(store, isHealed, "letters of class validation lost it, or were tried again");
      const [distinct] = store.all("SELECT count(DISTINCT original) AS n FROM dead_letters");
      if (distinct?.["n"] !== this.#total) this.problems.push(`${String(distinct?.["n"])} different messages died`);
      await this.#verifyWords(bus);
      const [integrity] = store.all("PRAGMA integrity_check");
      if (integrity?.["integrity_check"] !== "ok") this.problems.push(`integrity_check: ${JSON.stringify(integrity)}`);
    } finally {
      await desk.close();
      await opened.close();
    }
  }

  #none(store: Store, where: string, what: string): void {
    const found = store.get(`SELECT count(*) AS n FROM dead_letters WHERE ${where}`)?.["n"];
    if (found !== 0) this.problems.push(`${String(found)} ${what}`);
  }

  /** Each letter is announced; said again after a crash it is the same message, so there is one. */
  async #verifyWords(bus: Awaited<ReturnType<typeof openLetters>>["bus"]): Promise<void> {
    const said = new Map<number, number>();
    for (let from = 1; ;) {
      const page = await bus.read({ stream: "TOOLS", from, filter: "mcp.events.dlq", limit: PAGE });
      if (!page.ok) return void this.problems.push(page.error.message);
      for (const { data } of page.value) {
        const message: { data: { letter: number } } = JSON.parse(data);
        said.set(message.data.letter, (said.get(message.data.letter) ?? 0) + 1);
      }
      const last = page.value.at(-1);
      if (last === undefined || page.value.length < PAGE) break;
      from = last.seq + 1;
    }
    const twice = [...said].filter(([, times]) => times !== 1);
    if (said.size !== this.#total) this.problems.push(`${said.size} of ${this.#total} letters were announced`);
    if (twice.length > 0) this.problems.push(`${twice.length} letters were announced more than once`);
  }

  #hear(kind: string, first: string, second: number): void {
    const value = Number(first);
    // Said again at the start of a life: no new fact.
    if (kind !== "s" || !this.#settled.has(value)) this.facts += 1;
    if (kind === "a") this.#published.add(value);
    else if (kind === "s") this.#settled.add(value);
    else if (kind === "h") this.again += 1;
    else if (kind === "x") this.problems.push("the healer gave up");
    else if (kind === "p") this.#heardAttempt(value, second);
  }

  #heardAttempt(n: number, attempt: number): void {
    this.attempts += 1;
    const seen = this.#seen.get(n) ?? new Set();
    if (attempt > MAX_DELIVER || seen.has(attempt))
      this.problems.push(`attempt ${attempt} of ${n}, ${seen.has(attempt) ? "again" : "too many"}`);
    this.#seen.set(n, seen.add(attempt));
  }
}
