/** The floor of the row `gateway`: a proxy in Node that passes on and does nothing else. Takes the provider's port, prints its own. */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

const port = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, scheduling: "lifo" });
const server = createServer((message, response) => {
  const { method = "GET", url = "/", headers } = message;
  const call = request({ host: "127.0.0.1", port, method, path: url, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  call.on("error", () => response.destroy());
  message.pipe(call);
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
// The bench is gone when this ends.
process.stdin.resume().on("end", () => process.exit(0));
