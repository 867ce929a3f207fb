/**
 * The MCP server that agents talk to, one stateless exchange at a time: 2026-07-28 and the initialize-based revisions
 * alike, through the official SDK. Who calls is settled before (ingest.ts); here it is only spoken.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import type { McpHttpHandler } from "@modelcontextprotocol/server";

import type { AgentDesk, AgentTool } from "#core/ports/agentDesk.ts";

const SERVER = { name: "signalbox", version: "1" };
/** Streams that tell of changes; an agent holds one. */
const MAX_STREAMS = 8;

export interface AgentMcp {
  /** Hands one admitted request over and streams its answer back; the caller's going away ends it. */
  answer(exchange: Exchange, body: Buffer): Promise<void>;
  close(): Promise<void>;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export function openAgentMcp(desk: AgentDesk): AgentMcp {
  const handler = createMcpHandler(
    () => {
      const server = new McpServer(SERVER, { instructions: desk.instructions });
      for (const tool of desk.tools()) register(server, desk, tool);
      return server;
    },
    { maxSubscriptions: MAX_STREAMS },
  );
  return { answer: (exchange, body) => answer(exchange, handler, body), close: () => handler.close() };
}

function register(server: McpServer, desk: AgentDesk, tool: AgentTool): void {
  const { name, description, input, isReadOnly } = tool;
  const annotations = { readOnlyHint: isReadOnly, destructiveHint: false, openWorldHint: false };
  // What the tool does not take comes through, too: a forged sender is refused by name, not passed over.
  server.registerTool(name, { description, inputSchema: input.loose(), annotations }, async (args, context) => {
    const answer = await desk.call(name, args, context.mcpReq.signal);
    return { content: [{ type: "text", text: answer.text }], ...(answer.isError ? { isError: true } : {}) };
  });
}

async function answer({ request, response }: Exchange, handler: McpHttpHandler, body: Buffer): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const answer = await handler.fetch(
    new Request(`http://127.0.0.1${request.url ?? "/"}`, {
      method: "POST",
      headers: headersOf(request),
      body: new Uint8Array(body),
      signal: gone.signal,
    }),
  );
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), "cache-control": "no-store" });
  if (answer.body !== null) await pour(answer.body, response, gone.signal);
  response.end();
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    // The token has done its work; it goes no further.
    if (typeof value === "string" && name !== "authorization") headers.set(name, value);
  return headers;
}

async function pour(body: ReadableStream<Uint8Array>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
  for (let part = await reader.read(); !part.done; part = await reader.read()) response.write(part.value);
}
