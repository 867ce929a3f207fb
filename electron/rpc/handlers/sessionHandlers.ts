/** Typing into agents, their lives, the inbox. Delegation only. */
import type { CommandHandlers, QueryHandlers } from "#shared/rpc/handlers.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { Life } from "#shared/model/node.ts";
import { agentSubject } from "#shared/lib/eventSubjects.ts";
import { restartNode, startNode, stopNode } from "#core/fleets/index.ts";
import { answerBudgetItem, sendPrompt, sendWithTokens, splitAskItemId } from "#core/policies/index.ts";
import type { Core } from "#core/app.ts";

type SessionQueries = "agent.lives" | "session.list" | "session.timeline" | "agents.clis" | "agents.pastSessions";
type SessionCommands =
  | "session.send"
  | "session.input"
  | "session.key"
  | "session.resize"
  | "inbox.answer"
  | "inbox.snooze"
  | "inbox.wake";

/** Events of one life shown beside its recording. */
const TIMELINE_EVENTS = 2000;
/** A life of weeks has more marks than a strip has pixels. */
const MAX_MARKS = 5000;

export function sessionQueries(core: Core): Pick<QueryHandlers, SessionQueries> {
  return {
    "agent.lives": async ({ id }) => {
      const path = agentPath(core, id);
      return path.ok ? ok(withKept(core, core.sessions.lives(path.value))) : path;
    },
    "session.list": async ({ limit }) => ok(withKept(core, core.sessions.newestLives(limit))),
    "session.timeline": async ({ sessionId }) => timeline(core, sessionId),
    "agents.clis": async () =>
      ok(await Promise.all(core.adapters.filter((one) => one.id !== "command").map((adapter) => adapter.detect()))),
    "agents.pastSessions": async ({ agent, limit }) => pastSessions(core, agent, limit),
  };
}

async function timeline(core: Core, sessionId: string): ReturnType<QueryHandlers["session.timeline"]> {
  const life = core.sessions.life(sessionId);
  if (life === undefined) return fail("not_found", "There is no such session.");
  const events = core.store.events
    .read({ subject: agentSubject(life.path, "*"), limit: TIMELINE_EVENTS, order: "desc" })
    .filter((event) => event.data["sessionId"] === sessionId)
    .toReversed();
  const { resizes, marks, gaps } = await core.sessions.timing(sessionId, MAX_MARKS);
  return ok({ life, resizes: [...resizes], marks: [...marks], gaps: [...gaps], events });
}

/** Says of each life of which output was removed how much is left. */
function withKept(core: Core, lives: readonly Life[]): Life[] {
  return lives.map((life) => {
    const keptBytes = life.endedAt === undefined ? undefined : core.recordings.keptBytes(life.sessionId);
    return keptBytes === undefined || keptBytes >= life.outputBytes ? life : { ...life, keptBytes };
  });
}

async function pastSessions(
  core: Core,
  agent: string | undefined,
  limit: number,
): ReturnType<QueryHandlers["agents.pastSessions"]> {
  const adapters = core.adapters.filter((one) => agent === undefined || one.id === agent);
  const found = (await Promise.all(adapters.map((adapter) => adapter.pastSessions(limit)))).flat();
  return ok(found.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt)).slice(0, limit));
}

export function sessionCommands(core: Core): Pick<CommandHandlers, SessionCommands> {
  const { sessions, inbox } = core;
  return {
    "session.send": async (order, { actor }) => {
      const { id, tokens, from, task } = order;
      const found = agentPath(core, id);
      if (!found.ok) return found;
      const path = found.value;
      const send = (text: string, carried?: number) => sendPrompt(core, { ...order, path, text, tokens: carried });
      const sent =
        tokens === undefined
          ? await send(order.text)
          : await sendWithTokens({ ...core, send }, { path, text: order.text, tokens, from, actor });
      if (!sent.ok) return sent;
      if (task !== undefined) sessions.worksOn(path, task);
      return ok({ path, ...sent.value });
    },
    "session.key": async ({ id, key }) => withAgent(core, id, (path) => sessions.key(path, key)),
    "session.input": async ({ sessionId, base64 }) =>
      emptied(await sessions.input(sessionId, Buffer.from(base64, "base64"))),
    "session.resize": async ({ sessionId, cols, rows }) => emptied(await sessions.resize(sessionId, { cols, rows })),
    "inbox.answer": async (answer, { actor }) => answerItem(core, answer, actor),
    "inbox.snooze": async ({ id, minutes }) => inbox.snooze(id, minutes),
    "inbox.wake": async ({ id }) => inbox.wake(id),
  };
}

async function answerItem(
  core: Core,
  answer: { id: string; option: string; text?: string | undefined },
  actor: "person" | "cli",
): Promise<Result<{ id: string }>> {
  const item = core.inbox.get(answer.id);
  if (item === undefined)
    return fail("not_found", "This item is no longer open: it was answered, or the agent moved on.");
  const option = item.options.find((one) => one.id === answer.option);
  if (option === undefined)
    return fail(
      "bad_request",
      `There is no answer "${answer.option}". Answers are ${item.options.map((one) => one.id).join(", ")}.`,
    );
  const given = await giveAnswer(core, {
    item,
    actor,
    choice: { option: option.id, ...(answer.text === undefined ? {} : { text: answer.text }) },
  });
  if (!given.ok) return given;
  core.inbox.answered(item.id, answer.text === undefined ? option.label : `${option.label}: ${answer.text}`);
  return ok({ id: item.id });
}

interface Answer {
  readonly item: InboxItem;
  readonly actor: "person" | "cli";
  readonly choice: { option: string; text?: string };
}

async function giveAnswer(core: Core, { item, actor, choice }: Answer): Promise<Result<unknown>> {
  if (item.kind === "over_limit" && choice.option === "restart")
    return restartNode(core.fleets, { ref: item.path, actor }, false);
  if (item.kind === "refused" && choice.option === "stop") return stopNode(core.fleets, { ref: item.path, actor });
  const toAgent = await core.asks.answer(item, choice);
  if (toAgent !== undefined) return toAgent;
  const given = answerBudgetItem(core.budgets, item.id, { ...choice, actor });
  if (given !== undefined) return given;
  const letter = await core.backbone.letterItems.answer(item.id, { ...choice, actor });
  if (letter !== undefined) return letter;
  if (item.via === "action")
    return choice.option === "restart" ? startNode(core.fleets, { ref: item.path, actor }) : ok(undefined);
  const ask = splitAskItemId(item.id);
  return ask === undefined
    ? fail("not_found", "This item is no longer open.")
    : core.sessions.answer(ask.sessionId, ask.askId, choice);
}

/** The path of a child past or present. */
export function agentPath(core: Core, ref: string): Result<string> {
  const node = core.fleets.resolve(ref);
  if (node.ok) return ok(node.value.path);
  if (node.error.code !== "not_found") return node;
  const past = core.sessions.pathsNamed(ref);
  const [only] = past;
  if (only !== undefined && past.length === 1) return ok(only);
  return past.length > 1
    ? fail("ambiguous", `${ref} is the id of several children: ${past.join(", ")}. Write fleet/id.`)
    : node;
}

async function withAgent(
  core: Core,
  ref: string,
  work: (path: string) => Promise<Result<void>>,
): Promise<Result<{ path: string }>> {
  const node = core.fleets.resolve(ref);
  if (!node.ok) return node;
  const done = await work(node.value.path);
  return done.ok ? ok({ path: node.value.path }) : done;
}

function emptied(result: Result<void>): Result<Record<string, never>> {
  return result.ok ? ok({}) : result;
}
