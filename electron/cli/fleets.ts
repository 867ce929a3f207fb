/** up, down, forget. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ID_PATTERN } from "#shared/model/fleetFile.ts";
import { show, withApp } from "./command.ts";
import type { Command } from "./command.ts";

export const fleetCommands: Readonly<Record<string, Command>> = {
  up: {
    usage: "up FILE",
    summary: "Start the fleet of a file; on one that is up, apply the difference (a known fleet's name works too)",
    takes: [1, 1],
    run: (context) =>
      withApp(context, async (client) => {
        const wanted = context.args[0] ?? "";
        const isName = ID_PATTERN.test(wanted) && !existsSync(wanted);
        const input = isName ? { name: wanted } : { file: resolve(wanted) };
        return show(context, await client.command("fleet.up", input), (up) => [
          `${up.name} is up, ${up.started} started`,
        ]);
      }),
  },
  down: {
    usage: "down NAME",
    summary: "Stop a fleet, in reverse order",
    takes: [1, 1],
    run: (context) =>
      withApp(context, async (client) =>
        show(context, await client.command("fleet.down", { name: context.args[0] ?? "" }), (down) => [
          `${down.name} is down, ${down.stopped} stopped`,
        ]),
      ),
  },
  forget: {
    usage: "forget NAME",
    summary: "Forget a fleet that is down; its file and its logs stay",
    takes: [1, 1],
    run: (context) =>
      withApp(context, async (client) =>
        show(context, await client.command("fleet.forget", { name: context.args[0] ?? "" }), (gone) => [
          `${gone.name} is forgotten`,
        ]),
      ),
  },
};
