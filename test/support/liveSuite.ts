/** What the suites of the running app share: a data directory of their own per test, the apps started on it, and an end to both. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { TreeNode } from "#shared/model/node.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { connectToApp } from "../../electron/cli/connection.ts";
import { eventually } from "./deadline.ts";
import { freshDataDir, keeperPids, LiveApp } from "./liveApp.ts";

export interface LiveSuite {
  /** The data directory of this test; fleet files and what agents write stand in it, too. */
  readonly dir: string;
  serve(...args: readonly string[]): Promise<LiveApp>;
  /** An app of another build, on the same data directory. */
  serveBuild(outDir: string, ...args: readonly string[]): Promise<LiveApp>;
  /** Writes `<name>.yaml` with these children and supervisor, and `up`s it; throws when refused. */
  up(app: LiveApp, fleet: FleetText): Promise<string>;
  /** A client as the CLI's, for what the CLI has no word for. */
  client(app: LiveApp): Promise<ConnectedClient>;
  /** Lines of a file that agents write, as far as they are written. */
  lines(file: string): Promise<readonly string[]>;
  /** Called after the test, latest first, before its apps end. */
  defer(work: () => unknown): void;
}

export interface FleetText {
  readonly name: string;
  /** Flow mapping of the top supervisor: `{ strategy: one_for_all }`. */
  readonly supervisor?: string;
  readonly children: readonly string[];
}

export function fleetText({ name, supervisor, children }: FleetText): string {
  const rules = supervisor === undefined ? "" : `supervisor: ${supervisor}\n`;
  return `version: 1\nname: ${name}\n${rules}children:\n${children.map((child) => `  - ${child}\n`).join("")}`;
}

/** Registers the hooks of the enclosing file. */
export function liveSuite(): LiveSuite {
  let data: Awaited<ReturnType<typeof freshDataDir>>;
  let apps: LiveApp[] = [];
  let deferred: (() => unknown)[] = [];
  beforeEach(async () => {
    data = await freshDataDir();
    apps = [];
    deferred = [];
  });
  afterEach(async () => {
    for (const work of deferred.toReversed()) await work();
    for (const app of apps) await app.kill();
    await data.end();
  });
  return {
    get dir() {
      return data.dir;
    },
    async serve(...args) {
      const app = await LiveApp.start(data.dir, ...args);
      apps.push(app);
      return app;
    },
    async serveBuild(outDir, ...args) {
      const app = await LiveApp.start({ dataDir: data.dir, outDir }, ...args);
      apps.push(app);
      return app;
    },
    async up(app, fleet) {
      const file = await app.fleet(fleet.name, fleetText(fleet));
      const { code, stderr } = await app.cli("up", file);
      if (code !== 0) throw new Error(`up ${file}: ${stderr}`);
      return file;
    },
    async client(app) {
      const connected = await connectToApp(app.dataDir);
      if (!connected.ok) throw new Error(connected.error.message);
      deferred.push(() => connected.value.close());
      return connected.value;
    },
    async lines(file) {
      const text = await readFile(join(data.dir, file), "utf8").catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
    defer: (work) => void deferred.push(work),
  };
}

/** A shell line that notes its start and its polite end in `order.log` of its folder, and lives until told. */
export function marked(id: string): string {
  return `trap 'echo stop ${id} >> order.log; exit 0' TERM; echo start ${id} >> order.log; echo up; while :; do sleep 0.2; done`;
}

/** One agent of a fleet file, in flow style. */
export function agent(id: string, command: string, rest = ""): string {
  return `{ id: ${id}, command: ${JSON.stringify(command)}${rest === "" ? "" : `, ${rest}`} }`;
}

/** The running process of a node. */
export async function pidOf(app: LiveApp, id: string): Promise<number> {
  const node = await app.waitFor(id, (one) => one.pid !== undefined && one.state !== "starting", "runs");
  return node.pid ?? 0;
}

export function killHard(pid: number): void {
  if (pid > 0) process.kill(pid, "SIGKILL");
}

export async function keeperPid(dataDir: string): Promise<number> {
  return eventually("the keeper's pid", async () => (await keeperPids(dataDir))[0]);
}

export function childStates(root: TreeNode): readonly (readonly [string, string])[] {
  return root.children.map((child) => [child.id, child.state]);
}
