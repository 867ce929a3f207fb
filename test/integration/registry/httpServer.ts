/** An MCP server of the newest era at a loopback address, through the official SDK. */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

export interface HttpToolServer {
  readonly url: string;
  readonly port: number;
  /** What clients sent as x-key or Authorization. */
  readonly keys: string[];
  close(): Promise<void>;
}

export async function serveHttp(port: number): Promise<HttpToolServer> {
  const keys: string[] = [];
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "greeter", version: "1.0.0" });
    server.registerTool(
      "greet",
      { description: "Says hello", inputSchema: z.object({ name: z.string() }) },
      ({ name }) => ({
        content: [{ type: "text", text: `Hello ${name}` }],
      }),
    );
    return server;
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const key = request.headers["x-key"] ?? request.headers.authorization;
    if (typeof key === "string") keys.push(key);
    const answer = await handler.fetch(await toRequest(request));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  };
  const http = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- listens on TCP
  const address = http.address() as AddressInfo;
  const close = async (): Promise<void> => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await handler.close();
  };
  return { url: `http://127.0.0.1:${address.port}/mcp`, port: address.port, keys, close };
}

async function toRequest(request: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const chunk of request) parts.push(Buffer.from(chunk));
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === "string") headers.set(name, value);
  const body = parts.length === 0 ? null : Buffer.concat(parts);
  return new Request(`http://127.0.0.1${request.url ?? "/"}`, { method: request.method ?? "GET", headers, body });
}
