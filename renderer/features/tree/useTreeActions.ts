/** Acts on nodes, in this page's words: one agent at once, more than one only after a question that says what it means. */
import { useMemo } from "react";
import { useApp, type App } from "#renderer/state/AppContext.tsx";
import { actOn } from "#renderer/state/nodeActions.ts";
import { openOverlay, showToast } from "#renderer/state/overlays.ts";
import type { CommandName } from "#shared/contract/index.ts";
import { consequenceOf, topmost, type TreeAction } from "./consequence.ts";
import { snapshotAt } from "./treeData.ts";

export type Act = (action: TreeAction, paths: readonly string[]) => void;

export function useTreeActions(): Act {
  const app = useApp();
  return useMemo<Act>(() => (action, paths) => act(app, action, paths), [app]);
}

function act(app: App, action: TreeAction, paths: readonly string[]): void {
  const tree = app.store.getState();
  if (tree.connection.status !== "connected") return;
  const chosen = topmost(paths, (path) => tree.parents.get(path));
  const targets = chosen.map((path) => snapshotAt(tree, path)).filter((node) => node !== undefined);
  const only = targets.length === 1 ? targets[0] : undefined;
  if (only?.kind === "agent") {
    actOn(app, action, only.path);
    return;
  }
  const { agents, title, body, verb, isDanger } = consequenceOf(action, targets);
  const run = (): void => void performAll(app, action, chosen);
  if (agents < 2) run();
  else
    openOverlay(app.store, {
      kind: "confirm",
      question: { title, body, action: `${verb} ${agents} agents`, isDangerous: isDanger, run },
    });
}

const COMMANDS = {
  start: "node.start",
  pause: "node.pause",
  resume: "node.resume",
  restart: "node.restart",
  restartFresh: "node.restart",
  drain: "node.drain",
  stop: "node.stop",
} as const satisfies Record<TreeAction, CommandName>;

/** One after the other, in the tree's order; a refusal is said and does not keep the others from it. */
async function performAll(app: App, action: TreeAction, paths: readonly string[]): Promise<void> {
  for (const id of paths) {
    const result =
      action === "restartFresh"
        ? await app.client.command("node.restart", { id, fresh: true })
        : await app.client.command(COMMANDS[action], { id });
    if (!result.ok) showToast(app.store, { kind: "error", text: result.error.message });
  }
}
