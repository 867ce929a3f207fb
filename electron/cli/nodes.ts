/** start, stop, restart, pause, resume, drain: one child or supervisor, by id. */
import type { CommandOutput } from "#shared/contract/index.ts";
import type { Result } from "#shared/model/result.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { show, withApp } from "./command.ts";
import type { CliContext, Command } from "./command.ts";

type Verb = "start" | "stop" | "pause" | "resume" | "drain";

export const nodeCommands: Readonly<Record<string, Command>> = {
  start: lever("start", "Start an agent, a supervisor or a fleet", "started"),
  stop: lever("stop", "Stop it, its whole process tree included", "stopped"),
  restart: {
    usage: "restart ID [--fresh]",
    summary: "Restart it; it resumes its conversation unless --fresh",
    options: { fresh: { type: "boolean" } },
    takes: [1, 1],
    run: (context) =>
      withApp(context, async (client) =>
        show(
          context,
          await client.command("node.restart", { id: first(context), fresh: context.has("fresh") }),
          (done) => [`${done.path} restarted`],
        ),
      ),
  },
  pause: lever("pause", "No new work; frozen where that is safe", "paused"),
  resume: lever("resume", "Let a paused one go on", "resumed"),
  drain: lever("drain", "Let the current turn finish, then stop", "draining"),
};

function lever(verb: Verb, summary: string, past: string): Command {
  return {
    usage: `${verb} ID`,
    summary,
    takes: [1, 1],
    run: (context) =>
      withApp(context, async (client) => {
        const result: Result<Pull> = await pull(client, verb, first(context));
        return show(context, result, (done) => [
          `${done.path} ${past}`,
          ...(done.note === undefined ? [] : [done.note]),
        ]);
      }),
  };
}

type Pull = CommandOutput<"node.stop"> & Partial<CommandOutput<"node.pause">>;

function pull(client: ConnectedClient, verb: Verb, id: string): Promise<Result<Pull>> {
  return client.command(`node.${verb}`, { id });
}

function first(context: CliContext): string {
  return context.args[0] ?? "";
}
