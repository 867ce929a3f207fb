/** attach: an agent's terminal in this one, until Ctrl-]. The app's terminal answers queries, so ours must not. */
import type { TreeNode } from "#shared/model/node.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { withApp } from "./command.ts";
import type { Command } from "./command.ts";
import { DONE, refused, usage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { visible } from "./output.ts";
import { agentsOf } from "./tree.ts";

const DETACH = 0x1d;
/** Screen, modes and cursor as a shell expects them. */
const RESTORE = "\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\x1b[<u\x1b[?25h\x1b[0m\r\n";
const CLEAR = "\x1b[?1049l\x1b[0m\x1b[2J\x1b[3J\x1b[H";
/** Our terminal's answers to queries in the output: DA, CPR, DECRPM, OSC and DCS replies. */
/* oxlint-disable no-control-regex -- finding them is the purpose */
const REPLIES =
  /\x1b\[[?>=][\d;]*c|\x1b\[\??\d+;\d+R|\x1b\[\?[\d;]+\$y|\x1b\][\d;]+[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_][^\x1b]*\x1b\\/g;
/* oxlint-enable no-control-regex */

export const attachCommands: Readonly<Record<string, Command>> = {
  attach: {
    usage: "attach ID",
    summary: "The agent's terminal in this one; Ctrl-] leaves it running",
    takes: [1, 1],
    run: (context) => {
      if (!process.stdin.isTTY || !process.stdout.isTTY) {
        return Promise.resolve(
          usage('attach needs a terminal. Scripts use "signalbox logs --follow", "send" and "key".'),
        );
      }
      return withApp(context, async (client) => {
        const sessionId = await findSession(client, context.args[0] ?? "");
        return sessionId.ok ? attach(client, sessionId.value) : refused(sessionId.error);
      });
    },
  },
};

async function findSession(client: ConnectedClient, id: string): Promise<Result<string>> {
  const fleets = await client.query("fleet.list", {});
  if (!fleets.ok) return fleets;
  const found: TreeNode[] = fleets.value
    .flatMap((fleet) => agentsOf(fleet.root))
    .filter((node) => node.path === id || node.id === id);
  const [node, other] = found;
  if (node === undefined) return fail("not_found", `There is no agent "${id}". "signalbox ps" lists them.`);
  if (other !== undefined)
    return fail("ambiguous", `"${id}" fits ${found.map((each) => each.path).join(", ")}; say which.`);
  if (node.sessionId === undefined)
    return fail("not_running", `${node.path} has not run yet. Start it with "signalbox start ${node.path}".`);
  return ok(node.sessionId);
}

async function attach(client: ConnectedClient, sessionId: string): Promise<Outcome> {
  const ended = Promise.withResolvers<Outcome>();
  const { stdin, stdout } = process;
  const control = client.open(
    "terminal",
    { sessionId, pace: "focused" },
    {
      autoAck: false,
      onItem: (item, bytes = new Uint8Array(0)) => {
        if (item.type === "exit") {
          ended.resolve(DONE);
          stdout.write(`\r\n[${visible(item.detail)}]`);
          return;
        }
        if (item.type === "reset") stdout.write(CLEAR);
        if (item.type !== "resize") stdout.write(bytes, () => control.ack(bytes.length));
      },
      onEnd: (error) => ended.resolve(error === undefined ? DONE : refused(error)),
    },
  );
  const send = (bytes: Buffer) => void client.command("session.input", { sessionId, base64: bytes.toString("base64") });
  const onData = (chunk: Buffer) => {
    const at = chunk.indexOf(DETACH);
    const typed = withoutReplies(at < 0 ? chunk : chunk.subarray(0, at));
    if (typed.length > 0) send(typed);
    if (at >= 0) ended.resolve(DONE);
  };
  const onResize = () => void client.command("session.resize", { sessionId, cols: stdout.columns, rows: stdout.rows });
  stdin.setRawMode(true);
  stdin.on("data", onData);
  stdout.on("resize", onResize);
  onResize();
  try {
    return await ended.promise;
  } finally {
    control.close();
    stdin.off("data", onData);
    stdout.off("resize", onResize);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(RESTORE);
  }
}

/** Latin-1 keeps every byte as it is. */
function withoutReplies(typed: Buffer): Buffer {
  return typed.includes(0x1b) ? Buffer.from(typed.toString("latin1").replace(REPLIES, ""), "latin1") : typed;
}
