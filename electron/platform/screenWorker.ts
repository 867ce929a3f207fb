/** The thread that parses terminal output, so that no flood of escape codes ever delays the core. One screen per session. */
import { parentPort } from "node:worker_threads";
import { HeadlessScreen } from "./headlessScreen.ts";
import type { ScreenOrder, ScreenReport } from "./screenMessages.ts";

const screens = new Map<string, HeadlessScreen>();

function report(message: ScreenReport): void {
  parentPort?.postMessage(message);
}

function obey(order: ScreenOrder): void {
  const screen = screens.get(order.sessionId);
  switch (order.type) {
    case "open":
      screen?.dispose();
      screens.set(order.sessionId, new HeadlessScreen(order.size, order.offset));
      return;
    case "feed":
      report(feed(screen, order));
      return;
    case "resize":
      screen?.resize(order.size);
      return;
    case "close":
      screen?.dispose();
      screens.delete(order.sessionId);
      return;
    default:
      report(answer(screen, order));
  }
}

function feed(screen: HeadlessScreen | undefined, order: Extract<ScreenOrder, { type: "feed" }>): ScreenReport {
  const output = screen?.feed(order.offset, order.bytes, order) ?? { reply: "", hints: [] };
  return { type: "fed", sessionId: order.sessionId, bytes: order.bytes.length, ...output };
}

function answer(
  screen: HeadlessScreen | undefined,
  { type, request }: Extract<ScreenOrder, { request: number }>,
): ScreenReport {
  return type === "snapshot"
    ? { type, request, snapshot: screen?.snapshot() }
    : { type, request, text: screen?.text() ?? "" };
}

parentPort?.on("message", obey);
