/** The backbone of a core: the bus with the streams of this product. Slices that speak over it add their lines here. */
import { createEventStream, createJoinedBus, createLocalBus, createSqliteStorage } from "#core/bus/index.ts";
import type { Bus } from "#core/bus/index.ts";
import { DeadLetterDesk } from "#core/deadLetters/index.ts";
import type { Inbox } from "#core/inbox/index.ts";
import { InboxLetters } from "#core/policies/index.ts";
import type { Clock, Random } from "#core/ports/clock.ts";
import { StoreError } from "#core/ports/database.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Network } from "#core/ports/network.ts";
import type { Store } from "#core/store/index.ts";
import type { StreamConfig } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

export interface Backbone {
  /** What a consumer gives up on here becomes a dead letter. */
  readonly bus: MessageBus;
  readonly deadLetters: DeadLetterDesk;
  readonly letterItems: InboxLetters;
  /** Once everybody listens who takes messages: the healer goes on where it was. */
  open(): Promise<void>;
  /** Ended with it, before anything else. */
  onClose(end: () => void): void;
  /** Everything acknowledged is committed; before the store closes. */
  close(): Promise<void>;
}

export interface BackboneDeps {
  readonly store: Store;
  /** The fan-out of committed events: what the stream EVENTS follows. */
  readonly events: Bus;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly newId: () => string;
  /** What joins this machine to others: messages go over it. */
  readonly network: Network | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const GIB = 1024 ** 3;

/** Limits are those of mission MS-B4: messages of agents a week, the life of work a month, the system's a quarter of a year. */
const STREAMS: readonly StreamConfig[] = [
  {
    name: "MESSAGES",
    subjects: ["msg.>"],
    about: "What agents and people write to each other.",
    maxAgeMs: 7 * DAY_MS,
    maxBytes: GIB,
  },
  {
    name: "TOOLS",
    subjects: ["mcp.>", "tool.>"],
    about: "What MCP servers and tools did.",
    maxAgeMs: 7 * DAY_MS,
    maxBytes: GIB,
  },
  {
    name: "WORKFLOWS",
    subjects: ["workflow.>"],
    about: "Each step of each workflow.",
    maxAgeMs: 30 * DAY_MS,
    maxBytes: 5 * GIB,
  },
  {
    name: "ADVISORIES",
    subjects: ["$JS.EVENT.ADVISORY.>"],
    about: "Messages that were refused, given up or delivered too often.",
    maxAgeMs: 90 * DAY_MS,
    maxMsgs: 1_000_000,
  },
];

/** Errors: store_unavailable; with a network those of its bus. */
export async function createBackbone(deps: BackboneDeps): Promise<Result<Backbone>> {
  const opened = await openBus(deps);
  if (!opened.ok) return opened;
  const bus = opened.value;
  for (const config of STREAMS) {
    const ensured = await bus.ensureStream(config);
    if (ensured.ok) continue;
    await bus.close();
    return ensured;
  }
  return ok(withDeadLetters(deps, bus));
}

function withDeadLetters(deps: BackboneDeps, bus: MessageBus): Backbone {
  const onGaveUp = (reason: string): void => letterItems.healerGaveUp(reason);
  const deadLetters: DeadLetterDesk = new DeadLetterDesk({ ...deps, bus, onGaveUp });
  const letterItems = new InboxLetters({ ...deps, desk: () => deadLetters });
  const ends: (() => void)[] = [];
  return {
    bus: deadLetters.guarded,
    deadLetters,
    letterItems,
    open: async () => {
      letterItems.open();
      await deadLetters.open();
    },
    onClose: (end) => void ends.push(end),
    close: async () => {
      for (const end of ends.splice(0)) end();
      letterItems.close();
      await deadLetters.close();
      await bus.close();
    },
  };
}

async function openBus(deps: BackboneDeps): Promise<Result<MessageBus>> {
  const local = openLocal(deps);
  if (!local.ok || deps.network === undefined) return local;
  return createJoinedBus({ local: local.value, remote: deps.network.bus });
}

function openLocal({ store, events, clock, logger, newId }: BackboneDeps): Result<MessageBus> {
  const storage = createSqliteStorage(store, logger);
  try {
    return ok(createLocalBus({ storage, clock, logger, newId, readOnly: [createEventStream(store.events, events)] }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail("store_unavailable", `The bus cannot be read (${error.message}). Check the disk and start again.`);
  }
}
