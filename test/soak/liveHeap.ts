/**
 * What a running Node process really holds: its memory after a collection, asked through its inspector, which SIGUSR1
 * opens on loopback and which is closed again. Resident memory alone cannot tell a leak from a lazy collector.
 */
import { readdir, readFile, readlink } from "node:fs/promises";
import { WebSocket } from "ws";
import { z } from "zod";
import { eventually } from "#test/support/deadline.ts";

const MB = 2 ** 20;
const LISTENING = "0A";
const targets = z.array(z.object({ webSocketDebuggerUrl: z.string() }));
const answers = z.object({ id: z.number(), result: z.object({ result: z.object({ value: z.string() }).optional() }) });
const memory = z.object({ heapUsed: z.number(), external: z.number() });

/** Heap and external memory in MB. The process must have been started with `--inspect-port=0`. */
export async function liveHeapMb(pid: number): Promise<number> {
  process.kill(pid, "SIGUSR1");
  const url = await eventually("the inspector", () => inspectorOf(pid), 30_000);
  const socket = new WebSocket(url, { maxPayload: 0 });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  let last = 0;
  const ask = (method: string, params: Record<string, unknown> = {}): Promise<string> => {
    last += 1;
    const id = last;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => {
      socket.on("message", (data: Buffer) => {
        const answer = answers.safeParse(JSON.parse(data.toString()));
        if (answer.success && answer.data.id === id) resolve(answer.data.result.result?.value ?? "");
      });
    });
  };
  const evaluate = (expression: string): Promise<string> => ask("Runtime.evaluate", { expression });
  await ask("HeapProfiler.collectGarbage");
  await ask("HeapProfiler.collectGarbage");
  const found = memory.parse(JSON.parse(await evaluate("JSON.stringify(process.memoryUsage())")));
  // Closing ends this connection, too: no answer is awaited.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  void evaluate('process.getBuiltinModule("inspector").close(), ""');
  await closed;
  return (found.heapUsed + found.external) / MB;
}

async function inspectorOf(pid: number): Promise<string | undefined> {
  for (const port of await portsOf(pid)) {
    const list = await fetch(`http://127.0.0.1:${port}/json/list`)
      .then((response) => response.json())
      .catch(() => undefined);
    const found = targets.safeParse(list);
    if (found.success && found.data[0] !== undefined) return found.data[0].webSocketDebuggerUrl;
  }
  return undefined;
}

/** Ports the process listens on, by its sockets' inodes. */
async function portsOf(pid: number): Promise<readonly number[]> {
  const inodes = new Set<string>();
  for (const fd of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return (await readFile("/proc/net/tcp", "utf8")).split("\n").flatMap((line) => {
    const [, local = "", , state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === LISTENING && inodes.has(inode) ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
  });
}
