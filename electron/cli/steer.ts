/** send and key: what a person types, said from a script. */
import { text as readAll } from "node:stream/consumers";
import { amountText, parseTokens } from "#shared/lib/amountWords.ts";
import { show, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";
import { usage } from "./outcome.ts";

export const steerCommands: Readonly<Record<string, Command>> = {
  send: {
    usage: "send ID TEXT [--now] [--hold] [--no-enter] [--task NAME] [--tokens N [--from ID]]",
    summary:
      'Give TEXT to an agent at its next idle moment; "-" reads it from stdin; --now types it at once, --hold waits for one that does not run, --tokens is the most it may use for it, --task what it is for',
    options: {
      "no-enter": { type: "boolean" },
      now: { type: "boolean" },
      hold: { type: "boolean" },
      task: { type: "string" },
      tokens: { type: "string" },
      from: { type: "string" },
    },
    takes: [2, Number.POSITIVE_INFINITY],
    run: async (context) => {
      const budget = handedOver(context);
      if (typeof budget === "string") return usage(budget);
      const [id = "", ...words] = context.args;
      const isPiped = words.length === 1 && words[0] === "-";
      const text = isPiped ? await readAll(process.stdin) : words.join(" ");
      return withApp(context, async (client) => {
        const task = context.text("task");
        const about = task === undefined ? {} : { task };
        const flags = (["now", "hold"] as const)
          .filter((flag) => context.has(flag))
          .map((flag) => [flag, true] as const);
        const how = { submit: !context.has("no-enter"), ...Object.fromEntries(flags) };
        const order = { id, text, ...how, ...budget, ...about };
        return show(context, await client.command("session.send", order), ({ path, tokens, note }) => [
          tokens === undefined ? `sent to ${path}` : `sent to ${path} with ${amountText(tokens, "tokens")}`,
          ...(note === undefined ? [] : [note]),
        ]);
      });
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

/** What the prompt may cost, and who gives it; a sentence where the flags make no sense. */
function handedOver(context: CliContext): { tokens?: number; from?: string } | string {
  const [amount, from] = [context.text("tokens"), context.text("from")];
  if (amount === undefined)
    return from === undefined ? {} : "--from says whose tokens are handed over: say how many, too, with --tokens 20k.";
  const tokens = parseTokens(amount);
  if (tokens === undefined || tokens === 0) return `"${amount}" is no number of tokens. Write 20000, 20k or 1.5M.`;
  return from === undefined ? { tokens } : { tokens, from };
}
