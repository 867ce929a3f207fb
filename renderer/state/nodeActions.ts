/** What can be done to a node, the same from a key, a button, the palette or a menu: its word, when, and its undo. */
import { useMemo } from "react";
import type { CommandName, NodePatch } from "#shared/contract/index.ts";
import { plural } from "#shared/lib/words.ts";
import { isRunning } from "#shared/model/stateWords.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import type { Result } from "#shared/model/result.ts";
import type { App } from "./AppContext.tsx";
import { useApp } from "./AppContext.tsx";
import { subtree } from "./derive.ts";
import { openOverlay, showToast } from "./overlays.ts";

export type NodeActionId = "start" | "pause" | "resume" | "restart" | "restartFresh" | "drain" | "stop" | "remove";

export interface NodeAction {
  readonly id: NodeActionId;
  readonly label: string;
  readonly keys?: string;
  /** The word while it is under way. */
  readonly running: string;
}

const ACTIONS: Readonly<Record<NodeActionId, NodeAction>> = {
  start: { id: "start", label: "Start", running: "Starting" },
  pause: { id: "pause", label: "Pause", keys: "p", running: "Pausing" },
  resume: { id: "resume", label: "Resume", keys: "p", running: "Resuming" },
  restart: { id: "restart", label: "Restart", keys: "r", running: "Restarting" },
  restartFresh: { id: "restartFresh", label: "Restart with a fresh session", keys: "shift+r", running: "Restarting" },
  drain: { id: "drain", label: "Stop after its turn", running: "Draining" },
  stop: { id: "stop", label: "Stop", keys: "x", running: "Stopping" },
  remove: { id: "remove", label: "Remove from the fleet file", running: "Removing" },
};

/** What waits until the machine has room. */
const START_NOW: NodeAction = { ...ACTIONS.start, label: "Start now" };

/** The actions that make sense for a node as it stands, most likely first. */
export function actionsFor(node: Pick<NodePatch, "state" | "kind" | "path" | "queued">): readonly NodeAction[] {
  const isLive = LIVE_STATES.has(node.state);
  const isBackingOff = node.state === "backoff";
  const isQueued = node.queued === true;
  const hasLife = isLive && !isQueued;
  const isAgent = node.kind === "agent";
  const fits: readonly (readonly [NodeActionId, boolean])[] = [
    ["resume", node.state === "paused"],
    ["start", !isLive || isQueued],
    ["pause", isRunning(node.state) && !isQueued],
    ["restart", hasLife || (!isAgent && node.state !== "stopped" && node.state !== "done")],
    ["restartFresh", isAgent && hasLife],
    ["drain", isAgent && hasLife],
    ["stop", isLive || isBackingOff],
    ["remove", node.path.includes("/")],
  ];
  const actions = isQueued ? { ...ACTIONS, start: START_NOW } : ACTIONS;
  return fits.flatMap(([id, isFitting]) => (isFitting ? [actions[id]] : []));
}

export interface NodeActions {
  /** Does it, asking first where it would stop several agents or delete something. */
  readonly act: (id: NodeActionId, path: string) => void;
}

export function useNodeActions(): NodeActions {
  const app = useApp();
  return useMemo(() => ({ act: (id, path) => actOn(app, id, path) }), [app]);
}

export function actOn(app: App, id: NodeActionId, path: string): void {
  const { nodes } = app.store.getState();
  const node = nodes.get(path);
  if (node === undefined) return;
  const running = subtree(app.store.getState(), path).filter((below) => {
    const found = nodes.get(below);
    return found?.kind === "agent" && LIVE_STATES.has(found.state);
  }).length;
  const question = questionFor(id, node.id, running);
  if (question === undefined) return void perform(app, id, path);
  openOverlay(app.store, {
    kind: "confirm",
    question: { ...question, isDangerous: id !== "restart", run: () => void perform(app, id, path) },
  });
}

function questionFor(
  id: NodeActionId,
  name: string,
  running: number,
): { title: string; body: string; action: string } | undefined {
  const agents = plural(running, "running agent");
  if (id === "remove") {
    const body = running === 0 ? "" : `${agents} in it ${running === 1 ? "is" : "are"} stopped first. `;
    return {
      title: `Remove ${name}?`,
      body: `${body}Its entry leaves the fleet file; recorded sessions stay.`,
      action: "Remove",
    };
  }
  if (running < 2) return undefined;
  if (id === "stop")
    return {
      title: `Stop ${name} and its ${agents}?`,
      body: "They stop in reverse order and stay stopped. Sessions are kept, so each can be resumed.",
      action: "Stop",
    };
  if (id === "restart")
    return {
      title: `Restart ${name} and its ${agents}?`,
      body: "All of them stop in reverse order, then start again; those that can, resume their session.",
      action: "Restart",
    };
  return undefined;
}

const COMMANDS = {
  start: "node.start",
  pause: "node.pause",
  resume: "node.resume",
  restart: "node.restart",
  restartFresh: "node.restart",
  drain: "node.drain",
  stop: "node.stop",
  remove: "fleet.removeChild",
} as const satisfies Record<NodeActionId, CommandName>;

async function perform(app: App, id: NodeActionId, path: string): Promise<void> {
  const result: Result<{ readonly path: string; readonly note?: string | undefined }> =
    id === "restartFresh"
      ? await app.client.command("node.restart", { id: path, fresh: true })
      : await app.client.command(COMMANDS[id], { id: path });
  if (!result.ok) return showToast(app.store, { kind: "error", text: result.error.message });
  if (id !== "pause") return;
  const name = app.store.getState().nodes.get(path)?.id ?? path;
  const note = result.value.note === undefined ? "" : ` ${result.value.note}`;
  showToast(app.store, { kind: "undo", text: `Paused ${name}.${note}`, undo: () => void perform(app, "resume", path) });
}
