/**
 * One real agent CLI in the running app, and everything that can be known of it written down with its time: what the tree
 * said, what waited in the inbox, what was stored, and what the model was asked. For the suites and the soak.
 */
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";

import type { NodePatch } from "#shared/contract/index.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { connectToApp } from "../../electron/cli/connection.ts";
import { installCli } from "./agentClis.ts";
import type { AgentDrive, DrivePlace } from "./agentDrives.ts";
import { eventually } from "./deadline.ts";
import { startFakeModelServer, type FakeModelServer } from "./fakeModelServer.ts";
import type { FakeRequest } from "./fakeModelTurn.ts";
import { freshDataDir, LiveApp } from "./liveApp.ts";

/** One word of the tree about the agent. */
export interface Sighting extends NodePatch {
  /** Wall-clock ms at which the client heard it. */
  readonly at: number;
}

/** Real CLIs on a shared machine: seconds to start, more when it is busy. */
const PATIENCE_MS = 90_000;

export class AgentDesk {
  readonly drive: AgentDrive;
  readonly model: FakeModelServer;
  readonly place: DrivePlace;
  readonly dir: string;
  readonly env: Record<string, string>;
  /** Its launcher. */
  readonly cliPath: string;
  readonly sightings: Sighting[] = [];
  readonly items = new Map<string, InboxItem>();
  readonly events: StoredEvent[] = [];
  app!: LiveApp;
  client!: ConnectedClient;
  readonly #end: () => Promise<void>;

  private constructor(init: {
    drive: AgentDrive;
    model: FakeModelServer;
    place: DrivePlace;
    dir: string;
    env: Record<string, string>;
    cliPath: string;
    end: () => Promise<void>;
  }) {
    this.drive = init.drive;
    this.model = init.model;
    this.place = init.place;
    this.dir = init.dir;
    this.env = init.env;
    this.cliPath = init.cliPath;
    this.#end = init.end;
  }

  /** Undefined when the CLI cannot be installed. */
  static async open(drive: AgentDrive): Promise<AgentDesk | undefined> {
    const cli = await installCli(drive.cli);
    if (cli === undefined) return undefined;
    const data = await freshDataDir();
    const model = await startFakeModelServer();
    const place = { home: join(data.dir, "home"), cwd: join(data.dir, "work"), modelUrl: model.url };
    await mkdir(place.home);
    await mkdir(place.cwd);
    const env = {
      ...bareEnvironment(),
      PATH: [join(data.dir, "bin"), cli.binDir, process.env["PATH"] ?? ""].join(delimiter),
      HOME: place.home,
      ...(await drive.prepare(place)),
    };
    const desk = new AgentDesk({
      drive,
      model,
      place,
      dir: data.dir,
      env,
      cliPath: join(cli.binDir, drive.cli),
      end: data.end,
    });
    await desk.serve();
    return desk;
  }

  /** Starts an app on this data directory: the first, or the next after one was killed. */
  async serve(): Promise<void> {
    this.app = await LiveApp.start({ dataDir: this.dir, env: this.env });
    const connected = await connectToApp(this.dir);
    if (!connected.ok) throw new Error(connected.error.message);
    this.client = connected.value;
    this.#listen(this.client);
  }

  #listen(client: ConnectedClient): void {
    const note = (nodes: readonly NodePatch[]): void => {
      for (const node of nodes) if (node.id === "coder") this.sightings.push({ ...node, at: Date.now() });
    };
    client.open(
      "tree",
      {},
      {
        onItem: (item) => {
          if (item.type === "snapshot") for (const fleet of item.fleets) note(fleet.root.children);
          if (item.type === "fleet") note(item.fleet.root.children);
          if (item.type === "nodes") note(item.nodes);
        },
      },
    );
    client.open(
      "inbox",
      {},
      {
        onItem: (item) => {
          for (const one of item.type === "snapshot" ? item.items : [item.item]) this.items.set(one.id, one);
        },
      },
    );
    client.open("events", { pattern: ">", from: 0 }, { onItem: (item) => void this.events.push(...item.events) });
  }

  /** The fleet with this one agent. */
  async up(prompt: string | undefined, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const child = {
      id: "coder",
      agent: this.drive.cli,
      cwd: this.place.cwd,
      restart: "permanent",
      shutdown: "2s",
      backoff: { initial: "10ms" },
      ...(prompt === undefined ? {} : { prompt }),
      ...this.drive.child(this.place),
      ...more,
    };
    const fleet = { version: 1, name: "code", supervisor: { intensity: 5 }, children: [child] };
    const { code, stderr } = await this.app.cli("up", await this.app.fleet("code", JSON.stringify(fleet)));
    if (code !== 0) throw new Error(`up: ${stderr}`);
  }

  get node(): Sighting {
    const last = this.sightings.at(-1);
    if (last === undefined) throw new Error("The tree has not spoken of the agent yet.");
    return last;
  }

  /** Open items of the agent, oldest first. */
  get open(): readonly InboxItem[] {
    return [...this.items.values()].filter((item) => item.status === "open");
  }

  /** Requests of the agent itself: those without tools are titles and routers. */
  get turns(): readonly FakeRequest[] {
    return this.model.requests.filter((request) => request.hasTools);
  }

  async until(what: string, holds: (node: Sighting) => boolean, withinMs = PATIENCE_MS): Promise<Sighting> {
    return this.eventually(
      what,
      () => {
        const last = this.sightings.at(-1);
        return last !== undefined && holds(last) ? last : undefined;
      },
      withinMs,
    );
  }

  /** As the other, with the story so far when it fails. */
  async eventually<T>(what: string, probe: () => T | undefined | false, withinMs = PATIENCE_MS): Promise<T> {
    try {
      return await eventually(what, probe, withinMs);
    } catch (error) {
      throw new Error(`${String(error)}\n${await this.story()}`, { cause: error });
    }
  }

  async item(kind: InboxItem["kind"]): Promise<InboxItem> {
    return this.eventually(`an open ${kind}`, () => this.open.find((item) => item.kind === kind));
  }

  async answer(item: InboxItem, option: string, text?: string): Promise<void> {
    const answered = await this.client.command("inbox.answer", {
      id: item.id,
      option,
      ...(text === undefined ? {} : { text }),
    });
    if (!answered.ok) throw new Error(answered.error.message);
  }

  async send(text: string): Promise<void> {
    const { code, stderr } = await this.app.cli("send", "coder", text);
    if (code !== 0) throw new Error(`send: ${stderr}`);
  }

  /** kill -9 of the agent's process group, as the kernel or a person would. */
  killAgent(): void {
    const { pid } = this.node;
    if (pid === undefined) throw new Error("The agent does not run.");
    process.kill(-pid, "SIGKILL");
  }

  /** Throws with the story so far. */
  async check(holds: boolean, what: string): Promise<void> {
    if (!holds) throw new Error(`Not so: ${what}\n${await this.story()}`);
  }

  async screen(): Promise<string> {
    const { stdout } = await this.app.cli("logs", "coder");
    return stdout;
  }

  /** What happened, for a failed test and for reading. */
  async story(): Promise<string> {
    const from = this.sightings[0]?.at ?? 0;
    const lines = [
      ...this.sightings.map((one) => [one.at, sightingWords(one)] as const),
      ...this.model.requests.flatMap((one) => [
        [one.at, `model asked${one.hasTools ? "" : " (auxiliary)"}: ${JSON.stringify(one.prompt.slice(-90))}`] as const,
        ...(one.endedAt === undefined
          ? []
          : [[one.endedAt, `model ${one.cutOff === true ? "cut off" : "done"}`] as const]),
      ]),
      ...[...this.items.values()].map(
        (one) =>
          [
            Date.parse(one.since),
            `inbox ${one.kind} ${one.status} ${one.title}: ${one.body} [${one.options.map((option) => option.id).join(",")}] ${one.via}`,
          ] as const,
      ),
    ];
    const told = lines.toSorted(([a], [b]) => a - b).map(([at, words]) => `${String(at - from).padStart(7)} ${words}`);
    const screen = await this.screen().catch(() => "");
    return `${told.join("\n")}\nScreen:\n${screen.split("\n").slice(-40).join("\n")}`;
  }

  async close(): Promise<void> {
    this.client.close();
    await this.app.kill();
    await this.model.close();
    await this.#end();
  }
}

function sightingWords(one: Sighting): string {
  const end = one.exitCause === undefined ? "" : ` | ${one.exitCause}: ${one.exitDetail ?? ""}`;
  const next = one.nextStartAt === undefined ? "" : ` | next ${one.nextStartAt}`;
  return `tree ${one.state} g${one.generation} ${one.mode ?? "-"} r${one.restarts} "${one.detail ?? ""}"${end}${next}`;
}

/** Nothing of the machine's own agents: an inherited variable changes how a CLI behaves. */
function bareEnvironment(): Record<string, string> {
  const kept = ["LANG", "TMPDIR", "XDG_RUNTIME_DIR", "SystemRoot", "USER", "LOGNAME"];
  const env = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { LANG: "C.UTF-8", TERM: "xterm-256color", COLORTERM: "truecolor", ...Object.fromEntries(env) };
}
