/** An agent's side of Signalbox's MCP server, by the official client: what a CLI does with what it was injected. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

export interface DeskClient {
  tools(): Promise<readonly string[]>;
  call(name: string, args?: Record<string, unknown>): Promise<{ readonly text: string; readonly isError: boolean }>;
  close(): Promise<void>;
}

export interface DeskPoint {
  readonly url: string;
  readonly token: string;
}

export async function connectDesk({ url, token }: DeskPoint): Promise<DeskClient> {
  const client = new Client({ name: "test", version: "1" });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}) => {
      const answer = await client.callTool({ name, arguments: args });
      const content = Array.isArray(answer.content) ? answer.content : [];
      const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
      return { text, isError: answer.isError === true };
    },
    close: () => client.close(),
  };
}
