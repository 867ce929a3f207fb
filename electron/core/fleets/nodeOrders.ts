/** What a person orders for one node, agent or supervisor or whole fleet: start, stop, restart, pause, resume, drain. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Fleets } from "./fleets.ts";
import type { ResolvedNode } from "./resolveNode.ts";

export interface NodeOrder {
  readonly ref: string;
  readonly actor: string;
}
type Done = Promise<Result<{ path: string }>>;

export async function startNode(fleets: Fleets, { ref, actor }: NodeOrder): Done {
  const node = fleets.resolve(ref);
  if (!node.ok) return node;
  const { id, path, known, isFleet } = node.value;
  if (isFleet || !fleets.isUp(known.row.name)) {
    const up = await fleets.up({ name: known.row.name, actor });
    return up.ok ? ok({ path }) : up;
  }
  return withPath(path, await known.runtime.startChild(id));
}

export async function stopNode(fleets: Fleets, { ref, actor }: NodeOrder): Done {
  const node = fleets.resolve(ref);
  if (!node.ok) return node;
  const { id, path, known, isFleet } = node.value;
  if (!isFleet) return withPath(path, await known.runtime.stopChild(id));
  const down = await fleets.down(known.row.name, actor);
  return down.ok ? ok({ path }) : down;
}

export async function restartNode(fleets: Fleets, { ref, actor }: NodeOrder, fresh: boolean): Done {
  const node = fleets.resolve(ref);
  if (!node.ok) return node;
  const { id, path, known, isFleet } = node.value;
  if (!isFleet && fleets.isUp(known.row.name)) return withPath(path, await known.runtime.restartChild(id, fresh));
  if (isFleet) await fleets.down(known.row.name, actor);
  const up = await fleets.up({ name: known.row.name, actor });
  return up.ok ? ok({ path }) : up;
}

export interface Paused {
  readonly path: string;
  readonly pauseKind: "frozen" | "held";
  readonly note?: string;
}

/** All live agents at or below the node. */
export async function pauseNode(fleets: Fleets, ref: string): Promise<Result<Paused>> {
  const node = fleets.resolve(ref);
  if (!node.ok) return node;
  const results = await Promise.all(liveAgents(node.value).map((agent) => agent.pause()));
  const refused = results.find((result) => !result.ok);
  if (refused !== undefined && !refused.ok) return refused;
  const paused = results.flatMap((result) => (result.ok ? [result.value] : []));
  if (paused.length === 0)
    return fail("not_running", `Nothing of ${node.value.path} runs, so there is nothing to pause.`);
  const held = paused.find((one) => one.pauseKind === "held");
  return ok({
    path: node.value.path,
    pauseKind: held === undefined ? "frozen" : "held",
    ...(held?.note === undefined ? {} : { note: held.note }),
  });
}

export async function resumeNode(fleets: Fleets, ref: string): Done {
  const node = fleets.resolve(ref);
  if (!node.ok) return node;
  const agents = liveAgents(node.value);
  if (agents.length === 0) return fail("not_running", `Nothing of ${node.value.path} runs. Start it instead.`);
  const results = await Promise.all(agents.map((agent) => agent.resume()));
  const refused = results.find((result) => !result.ok);
  return refused !== undefined && !refused.ok ? refused : ok({ path: node.value.path });
}

/** Lets the current turns end, then stops. */
export async function drainNode(fleets: Fleets, order: NodeOrder): Done {
  const node = fleets.resolve(order.ref);
  if (!node.ok) return node;
  await Promise.all(liveAgents(node.value).map((agent) => agent.turnOver()));
  return stopNode(fleets, order);
}

function liveAgents({ known, id }: ResolvedNode): NonNullable<ReturnType<typeof agentOf>>[] {
  return known.runtime.tree.agentsBelow(id).flatMap((agentId) => {
    const agent = agentOf(known, agentId);
    return agent?.view.alive === true ? [agent] : [];
  });
}

function agentOf(known: ResolvedNode["known"], id: string): ResolvedNode["known"]["runtime"]["tree"]["root"]["agent"] {
  return known.runtime.tree.require(id).agent;
}

function withPath(path: string, result: Result<void>): Result<{ path: string }> {
  return result.ok ? ok({ path }) : result;
}
