/**
 * Connections that have nothing under way: so many and no more, and beyond that the one that has been quiet longest
 * goes. Whoever opens hundreds and says nothing so never keeps the person's own window out.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";

/** A browser opens six to one address; this is a dozen of them and their retries. */
const MAX_WAITING = 96;

/** Upgraded connections are the protocol's and counted there. */
export function boundIdleConnections(server: Server, maxWaiting = MAX_WAITING): void {
  const waiting = new Set<Socket>();
  const spoke = (socket: Socket): void => {
    waiting.delete(socket);
    waiting.add(socket);
  };
  server.on("connection", (socket) => {
    spoke(socket);
    socket.once("close", () => waiting.delete(socket));
    const [quietest] = waiting;
    if (waiting.size > maxWaiting) quietest?.destroy();
  });
  server.on("request", ({ socket }) => spoke(socket));
  server.on("upgrade", ({ socket }) => waiting.delete(socket));
}
