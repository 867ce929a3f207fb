/**
 * workflow demo: the example of resources/workflows in a folder of the person's own, where its programs run on this
 * program's Node and where its agents find a set-up that asks nothing. No file of the person's agent CLIs is touched.
 */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

export interface Demo {
  /** The fleet file, brought up by who asked. */
  readonly file: string;
  readonly workflow: string;
}

interface DemoOrder {
  readonly dataDir: string;
  readonly withAgents: boolean;
}

/** Stands in agents.yaml for the port that its stand-in for a model answers on. */
const MODEL_PORT = "4517";

export async function prepareDemo(client: ConnectedClient, order: DemoOrder): Promise<Demo | Outcome> {
  const example = exampleFolder();
  if (example === undefined)
    return usage("The example is not part of this installation. It is in resources/workflows of the source code.");
  if (order.withAgents) {
    const missing = await claudeMissing(client);
    if (missing !== undefined) return missing;
  }
  await mkdir(join(order.dataDir, "examples"), { recursive: true });
  const folder = join(await realpath(join(order.dataDir, "examples")), "appraisal");
  const name = order.withAgents ? "appraisal-agents" : "appraisal";
  const file = join(folder, `${name}.yaml`);
  const port = order.withAgents ? await portFor(file) : MODEL_PORT;
  await cp(example, folder, { recursive: true });
  const text = await readFile(join(example, order.withAgents ? "agents.yaml" : "appraisal.yaml"), "utf8");
  await writeFile(file, fitted(text, { folder, port }));
  if (order.withAgents) await seedClaude(folder);
  return { file, workflow: name };
}

/** Beside the built command line, where its source is, and in an installed app. */
function exampleFolder(): string | undefined {
  return ["workflows/appraisal", "../../out/workflows/appraisal", "../../workflows/appraisal"]
    .map((path) => resolve(import.meta.dirname, path))
    .find((folder) => existsSync(join(folder, "appraisal.yaml")));
}

async function claudeMissing(client: ConnectedClient): Promise<Outcome | undefined> {
  const clis = await client.query("agents.clis", { refresh: true });
  if (!clis.ok) return refused(clis.error);
  const claude = clis.value.find(({ id }) => id === "claude");
  if (claude?.installed === true) return undefined;
  const advice = claude?.advice ?? "Install Claude Code.";
  const message = `Claude Code is not on this machine, and two steps of this example are done by it. ${advice} Or run it without --agents.`;
  return refused({ code: "cli_missing", message });
}

/** A fleet that is up keeps its port: nothing in its file changes, so nothing is started again. */
async function portFor(file: string): Promise<string> {
  const before = await readFile(file, "utf8").catch(() => "");
  return /ANTHROPIC_BASE_URL: http:\/\/127\.0\.0\.1:(\d+)/.exec(before)?.[1] ?? String(await freePort());
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function fitted(text: string, { folder, port }: { readonly folder: string; readonly port: string }): string {
  const node = process.execPath;
  return text
    .replace(
      /command: node (servers\/model\.js) .*/,
      (_all, script: string) => `command: ${JSON.stringify(`"${node}" ${script} ${port}`)}`,
    )
    .replace(/command: node$/gm, () => `command: ${JSON.stringify(node)}`)
    .replaceAll(`127.0.0.1:${MODEL_PORT}`, `127.0.0.1:${port}`)
    .replace(/CLAUDE_CONFIG_DIR: .*/g, () => `CLAUDE_CONFIG_DIR: ${JSON.stringify(join(folder, "claude"))}`);
}

/** A set-up of its own, past the questions of a first start; the folder it works in is trusted. */
async function seedClaude(folder: string): Promise<void> {
  const config = join(folder, "claude");
  await mkdir(config, { recursive: true });
  const seed = {
    hasCompletedOnboarding: true,
    hasSeenAutoDefaultNudge: true,
    hasSeenAutoDefaultNotice: true,
    projects: { [folder]: { hasTrustDialogAccepted: true } },
  };
  // One that is there holds what Claude Code wrote to it since.
  await writeFile(join(config, ".claude.json"), JSON.stringify(seed), { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EEXIST") throw error;
  });
}
