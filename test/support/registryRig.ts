/** A registry with real servers over a real database in memory, and a bus to hear it on. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalBus, createMemoryStorage } from "#core/bus/index.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { McpHost } from "#core/ports/mcpClient.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import { Registry } from "#core/registry/index.ts";
import { createJournal, createRecorder, openStore } from "#core/store/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";
import { createMachine } from "#platform/machine.ts";
import { createMcpHost } from "#platform/mcp/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { createSystemClock } from "#platform/systemClock.ts";
import type { ToolServerSpec } from "#shared/model/toolServer.ts";

const root = join(import.meta.dirname, "..", "..");
export const ROGUE = join(root, "test/integration/registry/rogueServer.ts");
export const EVERYTHING = join(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

export interface RegistryRig {
  readonly registry: Registry;
  readonly host: McpHost;
  readonly bus: MessageBus;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly dataDir: string;
  readonly warnings: string[];
  close(): Promise<void>;
}

export function stdioSpec(id: string, args: readonly string[], more: Partial<ToolServerSpec> = {}): ToolServerSpec {
  return {
    id,
    transport: { type: "stdio", command: process.execPath, args: [...args], env: {} },
    tags: [],
    enabled: true,
    restart: "permanent",
    timeoutMs: 20_000,
    ...more,
  };
}

export async function openRegistry(dataDir = mkdtempSync(join(tmpdir(), "signalbox-registry-"))): Promise<RegistryRig> {
  const clock = createSystemClock();
  const warnings: string[] = [];
  const note = (message: string, details?: object): void => void warnings.push(`${message} ${JSON.stringify(details)}`);
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const journal = createJournal({ store, clock, logger });
  const recorder = createRecorder({ journal, clock, logger });
  const machine = createMachine({
    environment: async () => ({ PATH: process.env["PATH"] ?? "", RIG_SECRET: "from-home" }),
  });
  const sweeper = join(root, "electron/keeper/main.ts");
  const host = createMcpHost({ dataDir, version: "test", machine, nodePath: process.execPath, sweeper, logger });
  const bus = createLocalBus({ storage: createMemoryStorage(), clock, logger, newId: randomUUID });
  await bus.ensureStream({ name: "TOOLS", subjects: ["mcp.>", "tool.>"] });
  const shared = { store, recorder, clock, logger, host, bus, newId: randomUUID, random: Math.random };
  const registry = new Registry({ ...shared, others: () => [], agentIds: ["claude", "codex"] });
  const close = async (): Promise<void> => {
    await registry.close();
    await bus.close();
    recorder.flush();
    journal.close();
    store.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { registry, host, bus, store, recorder, dataDir, warnings, close };
}
