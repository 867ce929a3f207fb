import { afterEach, describe, expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import type { NewEvent } from "#shared/model/event.ts";
import type { TreeNode } from "#shared/model/node.ts";
import { fail, ok } from "#shared/model/result.ts";
import { FakeAgents } from "#test/support/fakeAgents.ts";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { Fleets, restartNode, startNode, stopNode } from "./index.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const crash = { type: "crash", detail: "Exit 1" } as const;
const stores: Store[] = [];

interface Rig {
  readonly fleets: Fleets;
  readonly agents: FakeAgents;
  readonly clock: ManualClock;
  readonly files: Map<string, string>;
  readonly trouble: NewEvent[];
  readonly store: Store;
  change(text: string): Promise<void>;
  state(id: string): string;
  node(id: string): TreeNode;
}

async function rig(
  options: { store?: Store; clock?: ManualClock; agents?: FakeAgents; noStart?: boolean; text?: string } = {},
): Promise<Rig> {
  const clock = options.clock ?? new ManualClock();
  const agents = options.agents ?? new FakeAgents();
  let { store } = options;
  if (store === undefined) {
    const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silent });
    if (!opened.ok) throw new Error(opened.error.message);
    store = opened.value;
    stores.push(store);
  }
  const recorder = createRecorder({ journal: createJournal({ store, clock, logger: silent }), clock, logger: silent });
  const files = new Map([["/fleet.yaml", options.text ?? ""]]);
  const watchers = new Set<() => void>();
  const trouble: NewEvent[] = [];
  const fleets = new Fleets({
    store,
    recorder,
    clock,
    agents,
    logger: silent,
    random: () => 0,
    machine: { homeDir: "/home/ann" },
    mirrorFile: "/data/fleets.json",
    agentIds: ["claude"],
    nextBootDelayMs: () => 1500,
    onTrouble: (event) => trouble.push(event),
    onSpec: () => {},
    elsewhere: () => undefined,
    files: {
      resolve: (file) => file,
      read: async (file) => (files.has(file) ? ok(files.get(file) ?? "") : fail("not_found", "no such file")),
      write: async (file, text) => {
        files.set(file, text);
        return ok(undefined);
      },
      exists: async (file) => files.has(file),
      watch: (_file, onChange) => {
        watchers.add(onChange);
        return () => watchers.delete(onChange);
      },
    },
  });
  await fleets.open({ noStart: options.noStart ?? false, storeWasDamaged: false });
  const find = (id: string): TreeNode => {
    const within = (node: TreeNode): TreeNode | undefined =>
      node.id === id ? node : node.children.map(within).find((found) => found !== undefined);
    const node = fleets
      .views()
      .map((fleet) => within(fleet.root))
      .find((found) => found !== undefined);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  };
  return {
    fleets,
    agents,
    clock,
    files,
    trouble,
    store,
    change: async (text) => {
      files.set("/fleet.yaml", text);
      for (const watcher of Array.from(watchers)) watcher();
      await clock.advance(50);
    },
    state: (id) => find(id).state,
    node: find,
  };
}

const fleet = (children: string, supervisor = ""): string =>
  `version: 1\nname: shop\n${supervisor}\nchildren:\n${children}\n`;
const THREE = fleet("  - { id: a, command: run }\n  - { id: b, command: run }\n  - { id: c, command: run }");

async function up(text: string): Promise<Rig> {
  const all = await rig({ text });
  const result = await all.fleets.up({ file: "/fleet.yaml", actor: "cli" });
  expect(result).toMatchObject({ ok: true });
  return all;
}

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

describe("a fleet that is up", () => {
  it("starts its children in the order of the file and says how many", async () => {
    const all = await up(THREE);
    expect(all.agents.starts).toEqual(["shop/a", "shop/b", "shop/c"]);
    expect(all.state("shop")).toBe("busy");
  });

  it("restarts a crashed child at once the first time, then waits in backoff and says until when", async () => {
    const all = await up(THREE);
    all.agents.end("shop/b", crash);
    await settle();
    expect(all.state("b")).toBe("busy");
    all.agents.end("shop/b", crash);
    await settle();
    expect(all.node("b")).toMatchObject({ state: "backoff", restarts: 2, nextStartAt: "2026-11-01T00:00:01.000Z" });
    expect(all.node("shop")).toMatchObject({ restartsInWindow: 2, intensity: 3 });
    await all.clock.advance(1000);
    expect(all.state("b")).toBe("busy");
  });

  it("gives up after one restart too many, stays down visibly, and tells the person", async () => {
    const all = await up(
      fleet("  - { id: a, command: run }\n  - { id: b, command: run }", "supervisor: { intensity: 1 }"),
    );
    all.agents.end("shop/a", crash);
    await settle();
    all.agents.end("shop/a", crash);
    await all.clock.advance(10);
    expect(all.state("shop")).toBe("gave_up");
    expect(all.state("a")).toBe("gave_up");
    expect(all.node("b")).toMatchObject({ state: "stopped", detail: "Stopped with shop" });
    expect(all.fleets.view("shop")?.status).toBe("gave_up");
    expect(all.trouble.map((event) => event.type)).toEqual(["supervisor.gave_up"]);
    expect(await startNode(all.fleets, { ref: "shop", actor: "cli" })).toMatchObject({ ok: true });
    expect(all.state("shop")).toBe("busy");
    expect(all.node("shop").restartsInWindow).toBe(0);
  });

  it("takes the later started ones along under rest_for_one and names the cause", async () => {
    const all = await up(
      fleet(
        "  - { id: a, command: run }\n  - { id: b, command: run }\n  - { id: c, command: run }",
        "supervisor: { strategy: rest_for_one }",
      ),
    );
    all.agents.starts.length = 0;
    all.agents.end("shop/b", crash);
    await settle();
    expect(all.agents.starts).toEqual(["shop/b", "shop/c"]);
    expect(all.node("shop").restartsInWindow).toBe(1);
  });

  it("escalates from a permanent inner supervisor to the one above", async () => {
    const text = fleet(
      "  - id: inner\n    restart: permanent\n    supervisor: { intensity: 0 }\n    children:\n      - { id: a, command: run }",
    );
    const all = await up(text);
    all.agents.end("shop/a", crash);
    await settle();
    await all.clock.advance(10);
    expect(all.trouble.map((event) => event.type)).toEqual(["supervisor.escalated"]);
    expect(all.node("shop").restartsInWindow).toBe(1);
    expect(all.state("a")).toBe("busy");
  });

  it("leaves a transient inner supervisor that gave up down, and marks it escalated", async () => {
    const text = fleet(
      "  - id: inner\n    supervisor: { intensity: 0 }\n    children:\n      - { id: a, command: run }\n  - { id: z, command: run }",
    );
    const all = await up(text);
    all.agents.end("shop/a", crash);
    await all.clock.advance(10);
    expect(all.state("inner")).toBe("escalated");
    expect(all.state("z")).toBe("busy");
    expect(await startNode(all.fleets, { ref: "a", actor: "cli" })).toMatchObject({ ok: true });
    expect(all.state("a")).toBe("busy");
    expect(all.state("inner")).toBe("busy");
  });

  it("parks an agent at its limit without counting", async () => {
    const all = await up(THREE);
    all.agents.end("shop/a", { type: "parked", detail: "Rate limited until 14:20" });
    await settle();
    expect(all.node("a")).toMatchObject({ state: "rate_limited", restarts: 0 });
    expect(all.node("shop").restartsInWindow).toBe(0);
  });

  it("never counts what a person stops, starts or restarts", async () => {
    const all = await up(THREE);
    await stopNode(all.fleets, { ref: "b", actor: "cli" });
    expect(all.node("b")).toMatchObject({ state: "stopped", detail: "Stopped by you" });
    await startNode(all.fleets, { ref: "shop/b", actor: "cli" });
    await restartNode(all.fleets, { ref: "b", actor: "cli" }, true);
    expect(all.state("b")).toBe("busy");
    expect(all.agents.byPath.get("shop/b")?.lastStart).toMatchObject({ fresh: true });
    expect(all.node("shop").restartsInWindow).toBe(0);
  });

  it("shows a temporary child that ended and starts it again when a person asks", async () => {
    const all = await up(fleet("  - { id: a, command: run, restart: temporary }"));
    all.agents.end("shop/a", crash);
    await settle();
    expect(all.node("a")).toMatchObject({ state: "crashed", restarts: 0 });
    expect(await startNode(all.fleets, { ref: "a", actor: "cli" })).toMatchObject({ ok: true });
    expect(all.state("a")).toBe("busy");
  });
});

describe("simple_one_for_one", () => {
  it("starts nothing by itself and one instance each time the template is started", async () => {
    const all = await up(
      fleet("  - { id: worker, command: run, restart: permanent }", "supervisor: { strategy: simple_one_for_one }"),
    );
    expect(all.agents.starts).toEqual([]);
    await startNode(all.fleets, { ref: "worker", actor: "cli" });
    await startNode(all.fleets, { ref: "worker", actor: "cli" });
    expect(all.agents.running()).toEqual(["shop/worker-1", "shop/worker-2"]);
    all.agents.end("shop/worker-1", crash);
    await settle();
    expect(all.state("worker-1")).toBe("busy");
    await stopNode(all.fleets, { ref: "worker-2", actor: "cli" });
    expect(all.state("worker-2")).toBe("stopped");
    await startNode(all.fleets, { ref: "worker-2", actor: "cli" });
    expect(all.agents.running()).toEqual(["shop/worker-1", "shop/worker-2"]);
  });
});

describe("a fleet file named at launch", () => {
  const launch = { file: "/fleet.yaml", actor: "cli", by: "launch" } as const;

  it("starts a fleet, but not what had given up or was stopped when it runs already", async () => {
    const all = await rig({ text: THREE });
    expect(await all.fleets.up(launch)).toMatchObject({ ok: true, value: { started: 3 } });
    await stopNode(all.fleets, { ref: "b", actor: "cli" });
    expect(await all.fleets.up(launch)).toMatchObject({ ok: true, value: { started: 2 } });
    expect(all.state("b")).toBe("stopped");
    const low = await rig({ text: fleet("  - { id: a, command: run }", "supervisor: { intensity: 0 }") });
    await low.fleets.up(launch);
    low.agents.end("shop/a", crash);
    await settle();
    expect(await low.fleets.up(launch)).toMatchObject({ ok: false, error: { code: "conflict" } });
    expect(low.state("shop")).toBe("gave_up");
    expect(await low.fleets.up({ file: "/fleet.yaml", actor: "cli" })).toMatchObject({ ok: true });
    expect(low.agents.running()).toEqual(["shop/a"]);
  });

  it("is only learnt where nothing is to start, and waits for a person", async () => {
    const all = await rig({ text: THREE, noStart: true });
    expect(await all.fleets.up({ ...launch, by: "learn" })).toMatchObject({ ok: true, value: { started: 0 } });
    expect(all.agents.running()).toEqual([]);
    expect(all.state("a")).toBe("stopped");
    await startNode(all.fleets, { ref: "shop", actor: "cli" });
    expect(all.agents.running()).toHaveLength(3);
  });
});

describe("a fleet file that changes", () => {
  it("applies only the difference", async () => {
    const all = await up(THREE);
    all.agents.starts.length = 0;
    await all.change(fleet("  - { id: a, command: run }\n  - { id: n, command: new }\n  - { id: c, command: other }"));
    expect(all.agents.running().toSorted()).toEqual(["shop/a", "shop/c", "shop/n"]);
    expect(all.agents.starts).toEqual(["shop/n", "shop/c"]);
    expect(all.agents.byPath.get("shop/c")?.spec.command).toBe("other");
  });

  it("is a whole tree for whoever looks while several children go, one after the other", async () => {
    const one = (id: string): string => `{ id: ${id}, command: run }`;
    const inner = (ids: string): string =>
      fleet(`  - { id: in, supervisor: {}, children: [${ids.split(" ").map(one).join(", ")}] }`);
    const all = await up(inner("a b c d"));
    all.agents.onChange = () => void all.fleets.views();
    await all.change(inner("c"));
    expect([all.node("in").children.map(({ id }) => id), all.agents.running()]).toEqual([["c"], ["shop/c"]]);
  });

  it("gives supervisors other rules while everything under them goes on", async () => {
    const inner = (rules: string): string =>
      `  - { id: a, command: run }\n  - { id: in, supervisor: ${rules}, children: [{ id: b, command: run }, { id: c, command: run }] }`;
    const all = await up(fleet(inner("{ intensity: 3 }")));
    all.agents.starts.length = 0;
    await all.change(
      fleet(inner("{ strategy: one_for_all, intensity: 0 }"), "supervisor: { strategy: rest_for_one, intensity: 7 }"),
    );
    expect(all.agents.starts).toEqual([]);
    expect(all.node("shop")).toMatchObject({ intensity: 7, strategy: "rest_for_one" });
    all.agents.end("shop/b", crash);
    await settle();
    expect(all.state("in")).toBe("escalated");
    expect(all.state("c")).toBe("stopped");
    expect(all.agents.running()).toEqual(["shop/a"]);
  });

  it("keeps the last good version while the file has an error, and shows where", async () => {
    const all = await up(THREE);
    await all.change("version: 1\nname: shop\nchildren:\n  - { id: a, comand: run }\n");
    expect(all.agents.running()).toHaveLength(3);
    expect(all.fleets.view("shop")?.fileError).toMatchObject({ line: 4 });
    await all.change(THREE);
    expect(all.fleets.view("shop")?.fileError).toBeUndefined();
  });
});

describe("after a restart of the core", () => {
  it("adopts what lives, keeps what rests at rest, and remembers the counted restarts", async () => {
    const before = await up(THREE);
    before.agents.end("shop/b", crash);
    await settle();
    await stopNode(before.fleets, { ref: "c", actor: "cli" });
    await before.clock.advance(20);
    const agents = new FakeAgents();
    agents.leftovers = new Map([
      ["shop/a", "alive"],
      ["shop/b", "alive"],
    ]);
    const after = await rig({ store: before.store, clock: before.clock, agents, text: THREE });
    expect(agents.starts).toEqual(["shop/a", "shop/b"]);
    expect(after.state("c")).toBe("stopped");
    expect(after.node("shop").restartsInWindow).toBe(1);
    expect(after.node("b").restarts).toBe(1);
  });

  it("adopts the instances of a template, which no file names, and keeps them when the file changes", async () => {
    const text = (intensity: number): string =>
      fleet(
        "  - { id: w, command: run, restart: permanent }",
        `supervisor: { strategy: simple_one_for_one, intensity: ${intensity} }`,
      );
    const pool = (command: number): string =>
      `version: 1\nname: shop\nchildren:\n  - id: pool\n    supervisor: { strategy: simple_one_for_one }\n    children: [{ id: w, command: run }]\n  - { id: a, command: "run ${command}" }\n`;
    const before = await up(text(3));
    await startNode(before.fleets, { ref: "w", actor: "cli" });
    await startNode(before.fleets, { ref: "w", actor: "cli" });
    await before.clock.advance(20);
    const agents = new FakeAgents();
    agents.leftovers = new Map([["shop/w-2", "alive"]]);
    const after = await rig({ store: before.store, clock: before.clock, agents, text: text(3) });
    expect(agents.starts).toEqual(["shop/w-2"]);
    expect(after.state("w-2")).toBe("busy");
    const changed = await up(pool(1));
    await startNode(changed.fleets, { ref: "w", actor: "cli" });
    await changed.change(pool(2));
    expect(changed.state("w-1")).toBe("busy");
  });

  it("starts nothing after a reboot without consent, and says what was interrupted", async () => {
    const before = await up(THREE);
    await before.clock.advance(20);
    const agents = new FakeAgents();
    agents.leftovers = new Map([
      ["shop/a", "lost"],
      ["shop/b", "lost"],
    ]);
    const after = await rig({ store: before.store, clock: before.clock, agents, text: THREE });
    expect(agents.starts).toEqual([]);
    expect(after.fleets.interrupted()).toEqual(["shop"]);
  });

  it("starts what was lost one after the other when the person allowed it", async () => {
    const before = await up(THREE);
    before.fleets.setAutostart("shop", true, "cli");
    await before.clock.advance(20);
    const agents = new FakeAgents();
    agents.leftovers = new Map([
      ["shop/a", "lost"],
      ["shop/b", "lost"],
    ]);
    await rig({ store: before.store, clock: before.clock, agents, text: THREE });
    expect(agents.starts).toEqual(["shop/a", "shop/b"]);
    expect(agents.byPath.get("shop/b")?.lastStart?.delayMs).toBe(1500);
  });
});

describe("naming nodes", () => {
  it("suggests the id that was meant and lists the ambiguous ones", async () => {
    const all = await up(fleet("  - { id: builder, command: run }"));
    expect(all.fleets.resolve("bilder")).toMatchObject({
      ok: false,
      error: { code: "not_found", message: expect.stringContaining("Did you mean builder?") },
    });
    all.files.set("/other.yaml", "version: 1\nname: other\nchildren:\n  - { id: builder, command: run }\n");
    await all.fleets.up({ file: "/other.yaml", actor: "cli" });
    expect(all.fleets.resolve("builder")).toMatchObject({ ok: false, error: { code: "ambiguous" } });
    expect(all.fleets.resolve("other/builder")).toMatchObject({ ok: true });
  });
});
