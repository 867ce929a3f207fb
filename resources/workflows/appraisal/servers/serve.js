/** What the four servers of this example share: a server over standard input and output, and answers with structure. */
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

/** @param {string} name @param {(server: McpServer) => void} register */
export async function serve(name, register) {
  const server = new McpServer({ name, version: "1.0.0" });
  register(server);
  await server.connect(new StdioServerTransport());
}

/** @param {Record<string, unknown>} structured */
export function answer(structured) {
  return { content: [{ type: "text", text: JSON.stringify(structured) }], structuredContent: structured };
}

/** @param {string} message */
export function failure(message) {
  return { content: [{ type: "text", text: message }], isError: true };
}
