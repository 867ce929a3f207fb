/**
 * The provider of the row `gateway`, a process of its own: streams the same answer to everybody, its first byte and its end
 * after as long as the request asks for. Prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const usage = { input_tokens: 10, output_tokens: 1 };
const END = `data: ${JSON.stringify({ type: "message_delta", usage: { output_tokens: 42 } })}\n\ndata: {"type":"message_stop"}\n\n`;
let count = 0;
const server = createServer((message, response) => {
  message.resume();
  message.on("end", () => {
    count += 1;
    const start = { type: "message_start", message: { id: `msg_bench_${count}`, model: "claude-bench", usage } };
    const delay = (name: string): number => Number(message.headers[name] ?? 0);
    setTimeout(() => {
      response.writeHead(200, { "content-type": "text/event-stream", "request-id": `req_bench_${count}` });
      response.write(`data: ${JSON.stringify(start)}\n\n`);
      setTimeout(() => response.end(END), delay("x-bench-stream-ms"));
    }, delay("x-bench-think-ms"));
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
// The bench is gone when this ends.
process.stdin.resume().on("end", () => process.exit(0));
