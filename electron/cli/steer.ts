/** send and key: what a person types, said from a script. */
import { text as readAll } from "node:stream/consumers";
import { show, withApp } from "./command.ts";
import type { Command } from "./command.ts";

export const steerCommands: Readonly<Record<string, Command>> = {
  send: {
    usage: "send ID TEXT [--no-enter]",
    summary: 'Type TEXT and Enter into an agent; "-" reads the text from stdin',
    options: { "no-enter": { type: "boolean" } },
    takes: [2, Number.POSITIVE_INFINITY],
    run: async (context) => {
      const [id = "", ...words] = context.args;
      const isPiped = words.length === 1 && words[0] === "-";
      const text = isPiped ? await readAll(process.stdin) : words.join(" ");
      return withApp(context, async (client) =>
        show(context, await client.command("session.send", { id, text, submit: !context.has("no-enter") }), (sent) => [
          `sent to ${sent.path}`,
        ]),
      );
    },
  },
  key: {
    usage: "key ID KEY",
    summary: "Press a key: ctrl-c, enter, esc, up, tab, f1, alt-x …",
    takes: [2, 2],
    run: (context) =>
      withApp(context, async (client) => {
        const [id = "", key = ""] = context.args;
        return show(context, await client.command("session.key", { id, key }), (sent) => [`${key} to ${sent.path}`]);
      }),
  },
};
