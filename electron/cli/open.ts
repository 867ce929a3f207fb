/** open: a link with a fresh one-time code for a browser of this machine. */
import { spawn } from "node:child_process";
import { withApp } from "./command.ts";
import type { Command } from "./command.ts";
import { DONE, refused } from "./outcome.ts";

export const openCommands: Readonly<Record<string, Command>> = {
  open: {
    usage: "open [--print]",
    summary: "Open the window in the browser, by a link that works once",
    options: { print: { type: "boolean" } },
    takes: [0, 0],
    run: (context) =>
      withApp(context, async (client) => {
        const minted = await client.command("auth.mint", {});
        if (!minted.ok) return refused(minted.error);
        if (context.out.isJson) await context.out.json(minted.value);
        else await context.out.line(minted.value.url);
        if (context.out.isTerminal && !context.out.isJson && !context.has("print")) openInBrowser(minted.value.url);
        return DONE;
      }),
  },
};

/** Best effort: the link is printed anyway. */
function openInBrowser(url: string): void {
  const [file, args] = opener(url);
  const child = spawn(file, args, { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

function opener(url: string): [string, string[]] {
  if (process.platform === "darwin") return ["open", [url]];
  if (process.platform === "win32") return ["rundll32", ["url.dll,FileProtocolHandler", url]];
  return ["xdg-open", [url]];
}
