/** One server behind the official client, whichever of its two eras it speaks: what it answers, as the port wants it. */
import { Client } from "@modelcontextprotocol/client";
import type {
  JsonSchemaValidatorResult,
  jsonSchemaValidator as SchemaValidator,
  Tool,
  Transport,
} from "@modelcontextprotocol/client";
import type { McpAnswer, McpCall, McpConnection, McpEnd, McpFailure, McpTool } from "#core/ports/mcpClient.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { toFailure } from "./failures.ts";

/** Answers to tools/list come in pages; a server that never ends its list is stopped here. */
const MOST_PAGES = 32;

const PASS_ON: SchemaValidator = {
  getValidator<T>() {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- passes everything on as it is
    return (data: unknown): JsonSchemaValidatorResult<T> => ({ valid: true, data: data as T, errorMessage: undefined });
  },
};

export interface ClientOptions {
  readonly version: string;
  readonly onToolsChanged: () => void;
  /** A server that knows `server/discover` speaks 2026-07-28 or newer; the others are asked with `initialize`. */
  readonly mode: "auto" | "legacy";
  readonly probeMs: number;
}

export function createClient(options: ClientOptions): Client {
  return new Client(
    { name: "signalbox", version: options.version },
    {
      versionNegotiation: { mode: options.mode, probe: { timeoutMs: options.probeMs } },
      listMaxPages: MOST_PAGES,
      listChanged: { tools: { autoRefresh: false, onChanged: () => options.onToolsChanged() } },
      // What a tool answers is held against its schema by the core, within a bounded time and on the record.
      jsonSchemaValidator: PASS_ON,
    },
  );
}

export interface Line {
  readonly transport: Transport;
  readonly ended: Promise<McpEnd>;
  isOpen(): boolean;
  shutdown(): void;
  kill(): void;
}

export function connectionOf(client: Client, line: Line): McpConnection {
  const software = client.getServerVersion();
  return {
    protocol: client.getNegotiatedProtocolVersion() ?? "unknown",
    server: { name: clipped(software?.name ?? ""), version: clipped(software?.version ?? "") },
    ended: line.ended,
    get isOpen() {
      return line.isOpen();
    },
    listTools: async ({ timeoutMs }) => {
      try {
        const { tools } = await client.listTools(undefined, { timeout: timeoutMs, cacheMode: "refresh" });
        return ok(tools.map(toTool));
      } catch (error) {
        return { ok: false, error: toFailure(error, timeoutMs) };
      }
    },
    callTool: (call) => callTool(client, call),
    shutdown: () => line.shutdown(),
    kill: () => line.kill(),
  };
}

async function callTool(client: Client, call: McpCall): Promise<Result<McpAnswer, McpFailure>> {
  const { tool, args, timeoutMs, signal, meta } = call;
  try {
    const result = await client.callTool(
      { name: tool, arguments: { ...args }, ...(meta === undefined ? {} : { _meta: { ...meta } }) },
      { timeout: timeoutMs, maxTotalTimeout: timeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
    return ok({
      content: result.content,
      ...(result.structuredContent === undefined ? {} : { structured: result.structuredContent }),
      isError: result.isError === true,
    });
  } catch (error) {
    return { ok: false, error: toFailure(error, timeoutMs) };
  }
}

function toTool(tool: Tool): McpTool {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  return {
    name,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
  };
}

function clipped(text: string): string {
  return text.slice(0, 200);
}
