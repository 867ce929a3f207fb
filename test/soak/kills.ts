/**
 * kill -9 of core, keeper, a renderer, or all at once, at random moments under load. What was acknowledged is found
 * again, the database is sound, the start is quick, agents are adopted or named lost, and none runs twice.
 */
import { join } from "node:path";
import BetterSqlite from "better-sqlite3";
import { connectToApp } from "../../electron/cli/connection.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import type { TreeNode } from "#shared/model/node.ts";
import { eventually } from "#test/support/deadline.ts";
import { isAlive } from "#test/support/liveApp.ts";
import type { LiveApp } from "#test/support/liveApp.ts";
import { keeperPid, killHard } from "#test/support/liveSuite.ts";
import { createCounters, FLEET } from "./counters.ts";
import type { Counters } from "./counters.ts";
import { faultApp } from "./faultApp.ts";
import type { FaultApp } from "./faultApp.ts";
import { openTab } from "./tab.ts";
import type { Tab } from "./tab.ts";
import type { Soak, SoakFinding, SoakRow } from "./soak.ts";
import { quantile } from "./trend.ts";

export const kills: SoakRow = {
  name: "kills",
  purpose:
    "kill -9 of core, keeper, renderer and all under load: nothing acknowledged lost, sound, back in 5 s, nobody twice",
  run,
};

const ROUNDS = { short: 6, long: 500 };
/** 500 rounds of it are the 200,000 operations of semantics.md 4.3. */
const OPERATIONS = { short: 120, long: 450 };
const IN_FLIGHT = 24;
/** The promise is 5 s; where other programs share two cores with every commit, a start may take longer and still be one. */
const START_MS = { short: 15_000, long: 5000 };
const SETTLE_MS = 30_000;

type Victim = "core" | "keeper" | "renderer" | "all";
/** The short form has each at least twice. */
const VICTIMS: readonly [Victim, ...Victim[]] = ["core", "keeper", "core", "all", "core", "renderer"];

async function run(soak: Soak): Promise<SoakFinding> {
  const runner = await faultApp(soak);
  const world = new World({ soak, runner, counters: await createCounters(runner.dataDir), tab: await openTab(soak) });
  await world.begin();
  let rounds = 0;
  for (const round of soak.rounds(ROUNDS)) {
    rounds += 1;
    const victim = soak.isShort ? (VICTIMS[round % VICTIMS.length] ?? "core") : soak.random.pick(VICTIMS);
    await world.round(round, victim);
    if (round % 25 === 24)
      soak.say(`${rounds} rounds, ${world.acknowledged} acknowledged, ${world.problems.length} problems`);
    if (world.problems.length > 20) break;
  }
  await world.verify("at the end");
  const starts = world.startsMs;
  const allowed = soak.isShort ? START_MS.short : START_MS.long;
  const slow = starts.filter((ms) => ms > allowed);
  if (slow.length > 0) world.problems.push(`${slow.length} starts took longer than ${allowed} ms: ${slow.join(", ")}`);
  const figures = {
    rounds,
    acknowledged: world.acknowledged,
    "tabs killed": world.tabsKilled,
    "start p50 ms": quantile(starts, 0.5),
    "start max ms": Math.max(...starts),
  };
  return {
    figures,
    problems: world.problems,
    ...(world.tab === undefined ? { skipped: "no Chromium: no renderer was killed" } : {}),
  };
}

interface Parts {
  readonly soak: Soak;
  readonly runner: FaultApp;
  readonly counters: Counters;
  readonly tab: Tab | undefined;
}

class World {
  readonly problems: string[] = [];
  readonly startsMs: number[] = [];
  acknowledged = 0;
  tabsKilled = 0;
  readonly tab: Tab | undefined;
  readonly #parts: Parts;
  readonly #unverified: string[] = [];
  #app: LiveApp | undefined;
  #client: ConnectedClient | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.tab = parts.tab;
  }

  async begin(): Promise<void> {
    await this.#start();
    await this.#parts.counters.up(this.#live());
    await this.#agents("at the beginning");
  }

  async round(round: number, victim: Victim): Promise<void> {
    const where = `round ${round} (${victim})`;
    const { soak } = this.#parts;
    try {
      // A tab costs seconds to open: only where it is going to die.
      if (victim === "renderer" || victim === "all") await this.#showTab();
      const before = await this.#agents(where);
      const goal = 1 + soak.random.below(2 * (soak.isShort ? OPERATIONS.short : OPERATIONS.long));
      const load = new Load(this.#connected(), `${soak.seed}-${round}`);
      await load.acknowledges(goal);
      await this.#kill(victim);
      if (victim === "renderer" || victim === "keeper") await load.acknowledges(goal + 50);
      await load.stop();
      this.acknowledged += load.acknowledged.length;
      this.#unverified.push(...load.acknowledged);
      if (victim === "core" || victim === "all") await this.#start();
      if (victim === "all") await this.#resume();
      await this.#compare(where, victim, before);
      await this.verify(where);
    } catch (error) {
      this.problems.push(`${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      // Whatever state that left: the next round begins with an app that runs.
      await this.#live().kill("SIGKILL");
      await this.#start();
    }
  }

  /** Every acknowledged command has its receipt, its event, and the file is sound; each log goes on where it was. */
  async verify(where: string): Promise<void> {
    const db = new BetterSqlite(join(this.#parts.runner.dataDir, "signalbox.sqlite"), { readonly: true });
    try {
      const integrity = db.pragma("integrity_check", { simple: true });
      if (integrity !== "ok") this.problems.push(`${where}: integrity_check says ${String(integrity)}`);
      const find = db.prepare("SELECT 1 FROM receipts WHERE command_id = ?").pluck();
      const lost = this.#unverified.splice(0).filter((id) => find.get(id) === undefined);
      if (lost.length > 0) this.problems.push(`${where}: ${lost.length} acknowledged operations lost, ${lost[0]}`);
      const counts = db.prepare("SELECT count(*) AS count, max(seq) AS last FROM event_log").get();
      const settled = db.prepare("SELECT count(*) FROM events WHERE type = 'setting.changed'").pluck().get();
      if (Number(settled) < this.acknowledged)
        this.problems.push(`${where}: ${this.acknowledged} acknowledged, ${String(settled)} in the history`);
      if (!hasNoGap(counts)) this.problems.push(`${where}: a gap in the history, ${JSON.stringify(counts)}`);
    } finally {
      db.close();
    }
  }

  async #start(): Promise<void> {
    const began = performance.now();
    this.#app = await this.#parts.runner.serve();
    this.startsMs.push(Math.round(performance.now() - began));
    const connected = await connectToApp(this.#app.dataDir);
    if (!connected.ok) throw new Error(connected.error.message);
    this.#client = connected.value;
  }

  async #showTab(): Promise<void> {
    const minted = await this.#connected().command("auth.mint", {});
    if (minted.ok) await this.tab?.show(minted.value.url);
  }

  async #kill(victim: Victim): Promise<void> {
    const app = this.#live();
    if (victim === "renderer") {
      if (await this.tab?.kill()) this.tabsKilled += 1;
      return this.#showTab();
    }
    const keeper = victim === "core" ? 0 : await keeperPid(app.dataDir);
    if (victim === "all") await this.tab?.kill();
    killHard(keeper);
    if (victim !== "keeper") await app.kill("SIGKILL");
  }

  /** After a reboot nothing starts without consent; here it is given. */
  async #resume(): Promise<void> {
    const resumed = await this.#connected().command("app.resumeInterrupted", {});
    if (!resumed.ok) throw new Error(`not resumed: ${resumed.error.message}`);
    if (!resumed.value.fleets.includes(FLEET)) throw new Error(`what was interrupted: ${resumed.value.fleets.join()}`);
  }

  /** Exactly one process for each agent, and it is the one that the tree shows. */
  #agents(where: string): Promise<ReadonlyMap<string, TreeNode>> {
    const { counters } = this.#parts;
    return eventually(
      `${where}: one process per agent`,
      async () => {
        const listed = await this.#connected().query("fleet.list", {});
        const nodes = listed.ok ? (listed.value.find(({ name }) => name === FLEET)?.root.children ?? []) : [];
        const running = counters.running();
        const isSettled = counters.ids.every((id) => {
          const pid = nodes.find((node) => node.id === id)?.pid;
          const pids = running.get(id) ?? [];
          return pid !== undefined && pids.length === 1 && pids[0] === pid;
        });
        return isSettled ? new Map(nodes.map((node) => [node.id, node])) : undefined;
      },
      SETTLE_MS,
    );
  }

  async #compare(where: string, victim: Victim, before: ReadonlyMap<string, TreeNode>): Promise<void> {
    const isLost = victim === "keeper" || victim === "all";
    if (isLost)
      await eventually(
        `${where}: the old processes are gone`,
        () => [...before.values()].every(({ pid }) => !isAlive(pid ?? 0)),
        SETTLE_MS,
      );
    for (const [id, node] of await this.#agents(where)) {
      const old = before.get(id);
      if (old === undefined) throw new Error(`${id} is new`);
      const wrong = [
        isLost ? successorProblem(old, node) : adoptionProblem(old, node),
        await this.#traceProblem(old, node),
      ];
      this.problems.push(...wrong.flatMap((one) => (one === undefined ? [] : [`${where}: ${id} ${one}`])));
    }
    if (isLost) await this.#areNamedLost(where, before);
  }

  /** What its lives left behind: their logs, and one line for each start. */
  async #traceProblem(old: TreeNode, node: TreeNode): Promise<string | undefined> {
    const { counters } = this.#parts;
    for (const sessionId of new Set([old.sessionId ?? "", node.sessionId ?? ""])) {
      const wrong = await counters.checkLog(sessionId);
      if (wrong !== undefined) return wrong;
    }
    const lives = await this.#startsOf(node);
    return lives === node.generation ? undefined : `was started ${lives} times and is in life ${node.generation}`;
  }

  /** One that was only just begun has its line yet to write. */
  async #startsOf(node: TreeNode): Promise<number> {
    const count = async (): Promise<number> => (await this.#parts.counters.starts()).get(node.id) ?? 0;
    const isWritten = async (): Promise<true | undefined> => (await count()) >= (node.generation ?? 0) || undefined;
    await eventually(`${node.id}'s line`, isWritten, SETTLE_MS).catch(() => undefined);
    return count();
  }

  async #areNamedLost(where: string, before: ReadonlyMap<string, TreeNode>): Promise<void> {
    for (const [id, { sessionId }] of before) {
      const lives = await this.#connected().query("agent.lives", { id });
      const life = lives.ok ? lives.value.find((one) => one.sessionId === sessionId) : undefined;
      if (life?.exitCause !== "keeper_lost")
        this.problems.push(`${where}: ${id} ended by ${life?.exitCause ?? "nothing"}, not keeper_lost`);
    }
  }

  #live(): LiveApp {
    if (this.#app === undefined) throw new Error("no app runs");
    return this.#app;
  }

  #connected(): ConnectedClient {
    if (this.#client === undefined) throw new Error("no app is connected");
    return this.#client;
  }
}

function adoptionProblem(old: TreeNode, node: TreeNode): string | undefined {
  return node.sessionId === old.sessionId && node.pid === old.pid ? undefined : "was not adopted";
}

function successorProblem(old: TreeNode, node: TreeNode): string | undefined {
  return node.generation === old.generation + 1 ? undefined : `went from life ${old.generation} to ${node.generation}`;
}

function hasNoGap(counts: unknown): boolean {
  return (
    typeof counts === "object" &&
    counts !== null &&
    "count" in counts &&
    "last" in counts &&
    counts.count === counts.last
  );
}

/** Commands, always so many under way, until it is stopped or the app dies. */
class Load {
  readonly acknowledged: string[] = [];
  readonly #client: ConnectedClient;
  readonly #name: string;
  readonly #lanes: Promise<void>[];
  #wake: () => void = () => undefined;
  #isOver = false;
  #next = 0;

  constructor(client: ConnectedClient, name: string) {
    this.#client = client;
    this.#name = name;
    this.#lanes = Array.from({ length: IN_FLIGHT }, () => this.#lane());
  }

  async acknowledges(count: number): Promise<void> {
    while (this.acknowledged.length < count) {
      if (this.#isOver) throw new Error(`the app refused after ${this.acknowledged.length} operations`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #lane(): Promise<void> {
    while (!this.#isOver) {
      const commandId = `${this.#name}-${this.#next++}`;
      const set = await this.#client.command(
        "settings.set",
        { key: "bootStaggerMs", value: this.#next % 50 },
        { commandId },
      );
      if (set.ok) this.acknowledged.push(commandId);
      else this.#isOver = true;
      this.#wake();
    }
  }
}
