/** The app, the model and the Claude Code of the row `budget`: one data directory through all its kills. */
import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { TreeNode } from "#shared/model/node.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { AGENT_DRIVES } from "#test/support/agentDrives.ts";
import { startFakeModelServer } from "#test/support/fakeModelServer.ts";
import type { FakeModelServer } from "#test/support/fakeModelServer.ts";
import type { FakeRequest } from "#test/support/fakeModelTurn.ts";
import { freshDataDir, LiveApp } from "#test/support/liveApp.ts";
import { connectToApp } from "../../electron/cli/connection.ts";
import type { Soak } from "./soak.ts";

export class BudgetDesk {
  readonly model: FakeModelServer;
  readonly dir: string;
  kills = 0;
  readonly #env: Readonly<Record<string, string>>;
  #app: LiveApp | undefined;
  #client: ConnectedClient | undefined;

  private constructor(model: FakeModelServer, dir: string, env: Readonly<Record<string, string>>) {
    this.model = model;
    this.dir = dir;
    this.#env = env;
  }

  static async open(soak: Soak, binDir: string): Promise<BudgetDesk> {
    const data = await freshDataDir();
    soak.defer(data.end);
    const model = await startFakeModelServer();
    soak.defer(() => model.close());
    const place = { home: join(data.dir, "home"), cwd: join(data.dir, "work"), modelUrl: model.url };
    await mkdir(place.home);
    const own = await AGENT_DRIVES.find(({ cli }) => cli === "claude")?.prepare(place);
    const env = {
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      PATH: [binDir, process.env["PATH"] ?? ""].join(delimiter),
      HOME: place.home,
      ...own,
      // A core that was killed is back before Claude gives up.
      CLAUDE_CODE_MAX_RETRIES: "6",
    };
    const desk = new BudgetDesk(model, data.dir, env);
    soak.defer(() => desk.#app?.kill());
    await desk.#serve();
    return desk;
  }

  get app(): LiveApp {
    if (this.#app === undefined) throw new Error("no app runs");
    return this.#app;
  }

  get client(): ConnectedClient {
    if (this.#client === undefined) throw new Error("no app is connected");
    return this.#client;
  }

  /** kill -9 of the core, and the next one. */
  async restart(): Promise<void> {
    this.#client?.close();
    await this.app.kill("SIGKILL");
    this.kills += 1;
    await this.#serve();
  }

  async node(id: string): Promise<TreeNode> {
    const listed = await this.client.query("fleet.list", {});
    if (!listed.ok) throw new Error(listed.error.message);
    const found = listed.value.flatMap(({ root }) => root.children).find((node) => node.id === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  /** Its titles included: every request carries the run's prompt. */
  requestsOf(id: string): readonly FakeRequest[] {
    return this.model.requests.filter(({ conversation }) => conversation.includes(`${id};`));
  }

  story(id: string): string {
    const told = this.requestsOf(id).map(({ sequence, at, endedAt = 0, cutOff, hasTools }) =>
      [`#${sequence}`, at, `${endedAt - at} ms`, cutOff === true ? "cut" : "whole", hasTools ? "" : "title"].join(" "),
    );
    return told.join("\n");
  }

  async #serve(): Promise<void> {
    this.#app = await LiveApp.start({ dataDir: this.dir, env: this.#env });
    const connected = await connectToApp(this.dir);
    if (!connected.ok) throw new Error(connected.error.message);
    this.#client = connected.value;
  }
}
