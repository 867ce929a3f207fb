/** A metered agent in the real app, its program a stand-in, its provider the fake model: requests are the test's own. */
import { request } from "node:http";
import { join } from "node:path";
import type { TreeNode } from "#shared/model/node.ts";
import { startFakeModelServer } from "./fakeModelServer.ts";
import type { FakeModelServer } from "./fakeModelServer.ts";
import { LiveApp } from "./liveApp.ts";
import type { LiveSuite } from "./liveSuite.ts";
import { standInClaude } from "./standInClaude.ts";
import type { StandInClaude } from "./standInClaude.ts";

export interface MeteredScene {
  readonly model: FakeModelServer;
  readonly app: LiveApp;
  readonly standIn: StandInClaude;
  readonly node: () => Promise<TreeNode>;
  /** One request as Claude would make it; the status of the answer. */
  readonly ask: (more?: { path?: string; headers?: Readonly<Record<string, string>> }) => Promise<number>;
}

interface SceneParts {
  /** What its program does. */
  readonly end?: string;
  /** More of its line in the fleet file. */
  readonly rest?: string;
  /** The provider's key in the app's environment. */
  readonly key?: string;
}

const WAITS = "while :; do sleep 1; done";

/** One metered agent, `shop/coder`. */
export async function meteredScene(
  live: LiveSuite,
  { end = WAITS, rest = "", key = "none" }: SceneParts = {},
): Promise<MeteredScene> {
  const model = await startFakeModelServer();
  live.defer(() => model.close());
  const place = join(live.dir, "place");
  const standIn = await standInClaude(place, end);
  const env = {
    ...process.env,
    HOME: place,
    PATH: `${standIn.binDir}:${process.env["PATH"] ?? ""}`,
    ANTHROPIC_BASE_URL: model.url,
    ANTHROPIC_API_KEY: key,
  };
  const dataDir = join(live.dir, "data");
  const app = await LiveApp.start({ dataDir, env });
  live.defer(async () => {
    await app.cli("estop");
    await app.kill();
  });
  await live.up(app, { name: "shop", children: [`{ id: coder, agent: claude, cwd: ., gateway: true${rest} }`] });
  const { url, token } = await standIn.point();
  return {
    model,
    app,
    standIn,
    node: () => app.node("coder"),
    ask: ({ path = "/v1/messages", headers = {} } = {}) =>
      post(
        `${url}${path}`,
        { "x-signalbox-gateway": token, ...headers },
        { model: "claude-x", messages: [{ role: "user", content: "hi" }] },
      ),
  };
}

export function post(url: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: "POST", headers: { "content-type": "application/json", ...headers } },
      (answer) => {
        answer.resume().on("close", () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}
