/** Agents and people talk: the mailboxes, agents' questions to a person, and the tools by which agents reach both. */
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { AgentDesk } from "#core/ports/agentDesk.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { Budgets } from "#core/budgets/index.ts";
import type { Bus } from "#core/bus/index.ts";
import type { Fleets } from "#core/fleets/index.ts";
import type { Inbox } from "#core/inbox/index.ts";
import { Mailboxes } from "#core/mailboxes/index.ts";
import {
  AgentAsks,
  agentDesks,
  knowledgeTools,
  mailReceivers,
  mailTeam,
  RefusedCallers,
  teamTools,
  tokensGoBack,
} from "#core/policies/index.ts";
import type { KnowledgeSlices } from "#core/policies/index.ts";
import type { Sessions } from "#core/sessions/index.ts";
import type { Recorder, Store } from "#core/store/index.ts";

export interface MailRoomParts extends KnowledgeSlices {
  readonly bus: MessageBus;
  /** Of committed events. */
  readonly events: Bus;
  readonly store: Store;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly inbox: Inbox;
  readonly budgets: Budgets;
  readonly fleets: () => Fleets;
  readonly sessions: () => Sessions;
}

export interface MailRoom {
  readonly slices: { readonly mailboxes: Mailboxes; readonly asks: AgentAsks };
  readonly refusedCallers: RefusedCallers;
  /** What a session may call; undefined: it has no tools. */
  desk(path: string, sessionId: string): AgentDesk | undefined;
}

export function createMailRoom(parts: MailRoomParts): MailRoom {
  const { bus, store, clock, logger, newId, fleets, sessions, inbox, budgets, events } = parts;
  const team = mailTeam(fleets);
  const mailboxes = new Mailboxes({ bus, store, clock, logger, newId, team, receivers: mailReceivers(sessions) });
  mailboxes.watch(tokensGoBack(budgets));
  const asks = new AgentAsks({ inbox, mailboxes, clock, newId });
  events.subscribe({
    label: "settle agents' questions",
    pattern: "ws.*.fleet.*",
    onEvents: (some) => asks.settle(some),
  });
  const lifeOf = (sessionId: string) => {
    const life = sessions().life(sessionId);
    return life === undefined ? undefined : { path: life.path, alive: life.exitCause === undefined };
  };
  const refusedCallers = new RefusedCallers({ ...parts, lifeOf });
  for (const pattern of ["sys.callers.refused", "sys.mailboxes.throttled", "ws.*.fleet.*"])
    events.subscribe({ label: "show refused calls", pattern, onEvents: (some) => refusedCallers.show(some) });
  const snapshot = async (contextId: string): Promise<string | undefined> => {
    const taken = await parts.memory().snapshot(contextId);
    return taken.ok ? taken.value.url : undefined;
  };
  const own = teamTools({ ...parts, mailboxes, team, asks, snapshot });
  const tools = new Map([...own, ...knowledgeTools(parts)].map((tool) => [tool.name, tool]));
  const desk = agentDesks({ fleets, tools, clock, refusedCallers });
  return { slices: { mailboxes, asks }, refusedCallers, desk };
}
