import { afterEach, expect, test } from "vitest";
import { createLocalBus, createMemoryStorage } from "#core/bus/index.ts";
import type { BusLink, LinkState } from "#core/ports/busLink.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { StreamItem } from "#shared/contract/index.ts";
import type { Fleet, TreeNode } from "#shared/model/node.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { Machines } from "./index.ts";
import { AWAY_SHOWN_MS, LEASE_MS, LEFT_SHOWN_MS } from "./lease.ts";

const IDS = ["aaaa0000-0000-4000-8000-000000000001", "bbbb0000-0000-4000-8000-000000000002"] as const;
const BOOT = "cccc0000-0000-4000-8000-00000000000";
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A connection that holds until told otherwise. */
class FakeLink implements BusLink {
  readonly server = "nats://lab:4222";
  readonly version = "2.12.0";
  readonly warnings: readonly string[] = [];
  state: LinkState = "connected";
  lostSince: number | undefined;
  readonly #listeners = new Set<() => void>();

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(state: LinkState): void {
    this.state = state;
    for (const listener of this.#listeners) listener();
  }
}

class FakeTree {
  fleets: Fleet[];
  readonly #listeners = new Set<(item: StreamItem<"tree">) => void>();

  constructor(...fleets: Fleet[]) {
    this.fleets = fleets;
  }

  views(): readonly Fleet[] {
    return this.fleets;
  }

  watch(listener: (item: StreamItem<"tree">) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(item: StreamItem<"tree">): void {
    for (const listener of this.#listeners) listener(item);
  }
}

function node(path: string, more: Partial<TreeNode> = {}): TreeNode {
  return {
    id: path.split("/").at(-1) ?? path,
    path,
    kind: path.includes("/") ? "agent" : "supervisor",
    state: "idle",
    stateSince: "2026-11-01T00:00:00.000Z",
    health: "healthy",
    restarts: 0,
    generation: 1,
    children: [],
    ...more,
  };
}

function fleet(name: string, ...agents: string[]): Fleet {
  const children = agents.map((id) => node(`${name}/${id}`));
  return { name, file: `/home/ann/${name}.yaml`, status: "up", autostart: false, root: node(name, { children }) };
}

interface Rig {
  readonly machines: Machines;
  readonly link: FakeLink;
  readonly tree: FakeTree;
}

class World {
  readonly clock = new ManualClock();
  readonly bus: MessageBus;
  #boots = 0;

  constructor() {
    this.bus = createLocalBus({
      storage: createMemoryStorage(),
      clock: this.clock,
      logger: silentLogger,
      newId: () => crypto.randomUUID(),
    });
  }

  async machine(which: 0 | 1, name: string, ...fleets: Fleet[]): Promise<Rig> {
    const tree = new FakeTree(...fleets);
    const link = new FakeLink();
    this.#boots += 1;
    const machines = new Machines({
      bus: this.bus,
      link,
      clock: this.clock,
      logger: silentLogger,
      newId: () => crypto.randomUUID(),
      facts: {
        id: IDS[which],
        boot: `${BOOT}${this.#boots}`,
        name,
        version: "1.0.0",
        platform: "linux",
        host: "headless",
      },
      tree,
    });
    expect(await machines.open()).toMatchObject({ ok: true });
    ends.push(() => machines.close());
    await this.clock.advance(2500);
    return { machines, link, tree };
  }
}

const paths = (machines: Machines): readonly string[] =>
  machines
    .list()
    .flatMap(({ fleets }) => fleets.flatMap(({ root }) => [root.path, ...root.children.map(({ path }) => path)]));

test("two machines on one bus see each other's trees, each under the other's name", async () => {
  const world = new World();
  const one = await world.machine(0, "desk", fleet("web", "builder"));
  const two = await world.machine(1, "lab", fleet("web", "tester"));
  expect(one.machines.list()).toMatchObject([{ label: "lab", state: "online" }]);
  expect(paths(one.machines)).toEqual(["lab:web", "lab:web/tester"]);
  expect(paths(two.machines)).toEqual(["desk:web", "desk:web/builder"]);
});

test("what changes over there is shown here, nodes and whole fleets", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  const { tree } = await world.machine(1, "lab", fleet("web", "tester"));
  const { children: _, ...patch } = node("web/tester", { state: "busy", detail: "runs the tests" });
  tree.tell({ type: "nodes", nodes: [patch] });
  await world.clock.advance(300);
  expect(machines.list()[0]?.fleets[0]?.root.children[0]).toMatchObject({
    path: "lab:web/tester",
    state: "busy",
    detail: "runs the tests",
  });
  tree.tell({ type: "fleet", fleet: fleet("docs", "writer") });
  tree.tell({ type: "fleet_removed", name: "web" });
  await world.clock.advance(300);
  expect(paths(machines)).toEqual(["lab:docs", "lab:docs/writer"]);
});

test("sessions, command lines and secrets stay on their own machine", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  const secret = fleet("web");
  secret.root.children.push(
    node("web/a", {
      sessionId: "s-1",
      cliSessionId: "c-1",
      command: "run --token abc",
      cwd: "/home/ann",
      detail: "run --token abc",
    }),
    node("web/b", { detail: "export OPENAI_API_KEY=sk-proj-abcdefghijklmnop1234567890" }),
  );
  await world.machine(1, "lab", secret);
  const shown = JSON.stringify(machines.list());
  for (const word of ["s-1", "c-1", "token abc", "/home/ann", "abcdefghijklmnop"]) expect(shown).not.toContain(word);
});

test("a machine that is silent longer than its lease is away, comes back, and is no longer shown after an hour", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  const lab = await world.machine(1, "lab", fleet("web", "tester"));
  lab.link.become("reconnecting");
  await world.clock.advance(LEASE_MS + 1000);
  expect(machines.list()).toMatchObject([{ state: "away", fleets: [{ name: "lab:web" }] }]);
  lab.link.become("connected");
  await world.clock.advance(2500);
  expect(machines.list()).toMatchObject([{ state: "online" }]);
  lab.link.become("reconnecting");
  await world.clock.advance(LEASE_MS + AWAY_SHOWN_MS + 2000);
  expect(machines.list()).toEqual([]);
});

test("a machine that stops says so, and goes from the list sooner", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  const lab = await world.machine(1, "lab", fleet("web", "tester"));
  await lab.machines.close();
  await world.clock.advance(100);
  expect(machines.list()).toMatchObject([{ state: "left" }]);
  await world.clock.advance(LEFT_SHOWN_MS + 2000);
  expect(machines.list()).toEqual([]);
});

test("a machine that begins anew, or whose message was lost, is asked for its whole tree", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  const lab = await world.machine(1, "lab", fleet("web", "tester"));
  await lab.machines.close();
  const again = await world.machine(1, "lab", fleet("docs", "writer"));
  expect(paths(machines)).toEqual(["lab:docs", "lab:docs/writer"]);
  again.link.become("reconnecting");
  again.tree.fleets = [fleet("docs", "writer", "editor")];
  again.tree.tell({ type: "fleet", fleet: fleet("docs", "writer", "editor") });
  await world.clock.advance(400);
  again.link.become("connected");
  await world.clock.advance(4500);
  expect(paths(machines)).toEqual(["lab:docs", "lab:docs/writer", "lab:docs/editor"]);
});

test("while this machine's own connection is lost nobody is declared away", async () => {
  const world = new World();
  const desk = await world.machine(0, "desk");
  const lab = await world.machine(1, "lab", fleet("web", "tester"));
  desk.link.become("reconnecting");
  lab.link.become("reconnecting");
  await world.clock.advance(LEASE_MS * 3);
  expect(desk.machines.list()).toMatchObject([{ state: "unknown" }]);
  desk.link.become("connected");
  lab.link.become("connected");
  await world.clock.advance(2500);
  expect(desk.machines.list()).toMatchObject([{ state: "online" }]);
});

test("what another machine has is refused with where to go, by label and by path; what nobody has is not", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  await world.machine(1, "lab", fleet("web", "tester"));
  for (const ref of ["lab:web/tester", "web/tester", "lab:web"])
    expect(machines.refusal(ref)).toMatchObject({ code: "forbidden", message: expect.stringContaining("machine lab") });
  expect(machines.refusal("web/nobody")).toBeUndefined();
  expect(machines.refusal("attic:web")).toBeUndefined();
});

test("two machines of one name are told apart", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  await world.machine(1, "desk", fleet("web", "tester"));
  expect(paths(machines)).toEqual(["desk-bbbb:web", "desk-bbbb:web/tester"]);
});

test("a copied data directory is noticed: somebody else has this machine's identity", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  expect(machines.notice).toBeUndefined();
  await world.machine(0, "copy");
  expect(machines.notice).toContain("machine-id");
});

test("who speaks in another machine's name, or sends no tree, is not believed", async () => {
  const world = new World();
  const { machines } = await world.machine(0, "desk");
  const forged = {
    specversion: "1.0",
    id: "1",
    source: `/machines/${IDS[0]}`,
    type: "machine.heartbeat",
    time: "2026-11-01T00:00:00.000Z",
    data: {
      machine: { id: IDS[1], boot: `${BOOT}9`, name: "evil", version: "1", platform: "linux", host: "headless" },
      seq: 1,
    },
  };
  await world.bus.publish({ subject: `machine.${IDS[1]}.heartbeat`, data: JSON.stringify(forged) });
  await world.bus.publish({ subject: `machine.${IDS[1]}.heartbeat`, data: "not json" });
  await world.clock.advance(100);
  expect(machines.list()).toEqual([]);
});
