/** Mailboxes over a real store and the bus in memory: a team whose members are ready, or not, as a test says. */
import { createLocalBus } from "#core/bus/index.ts";
import { createMemoryStorage } from "#core/bus/memoryStorage.ts";
import { Mailboxes } from "#core/mailboxes/index.ts";
import type { Post, Posted, Receivers, Team, TeamMember } from "#core/mailboxes/index.ts";
import { openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { connectSqlite } from "#platform/sqlite.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { ManualClock, settle } from "./manualClock.ts";
import { silentLogger } from "./silentLogger.ts";

export interface MailRig {
  readonly clock: ManualClock;
  readonly store: Store;
  mailboxes: Mailboxes;
  /** What was typed into each, by path. */
  readonly heard: (id: string) => readonly string[];
  /** Whether `crew/<id>` takes messages now; at first nobody does. */
  setReady(id: string, isReady: boolean): void;
  setUp(id: string, isUp: boolean): void;
  post(post: Post): Promise<Result<Posted>>;
  /** As a core does at its start, over what the last one left. */
  reopen(): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Data of the stored events of a type, oldest first. */
  events(type: string): readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

const STEP_MS = 50;

export async function openMailRig(ids: readonly string[]): Promise<MailRig> {
  const clock = new ManualClock();
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silentLogger });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = opened.value;
  const newId = () => crypto.randomUUID();
  const bus = createLocalBus({ storage: createMemoryStorage(), clock, logger: silentLogger, newId });
  await bus.ensureStream({ name: "MESSAGES", subjects: ["msg.>"] });
  const ready = new Set<string>();
  const down = new Set<string>();
  const typed = new Map<string, string[]>();
  let onMoment: (path: string) => void = () => undefined;
  const member = (id: string): TeamMember => {
    const path = `crew/${id}`;
    const state = ready.has(path) ? "idle" : "busy";
    return { path, fleet: "crew", id, agent: "claude", state, isUp: !down.has(path), isOnTeam: true };
  };
  const team: Team = {
    members: () => ids.map(member),
    fleets: () => ["crew"],
    find: (ref) => {
      const found = ids.find((id) => ref === id || ref === `crew/${id}`);
      return found === undefined ? fail("not_found", `There is no ${ref}.`) : ok(member(found));
    },
  };
  const receivers: Receivers = {
    readiness: (path) => (ready.has(path) ? { type: "ready" } : { type: "not_yet", why: "it is busy" }),
    say: async (path, text) => {
      typed.set(path, [...(typed.get(path) ?? []), text]);
      return ok(undefined);
    },
    sessionOf: () => "s1",
    onMoment: (listener) => {
      onMoment = listener;
      return () => undefined;
    },
  };
  const open = () => new Mailboxes({ bus, store, clock, logger: silentLogger, newId, team, receivers });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await clock.advance(Math.min(STEP_MS, ms - passed));
      await settle();
    }
  };
  const rig: MailRig = {
    clock,
    store,
    mailboxes: open(),
    heard: (id) => typed.get(`crew/${id}`) ?? [],
    setReady: (id, isReady) => {
      if (isReady) ready.add(`crew/${id}`);
      else ready.delete(`crew/${id}`);
      onMoment(`crew/${id}`);
    },
    setUp: (id, isUp) => {
      if (isUp) down.delete(`crew/${id}`);
      else down.add(`crew/${id}`);
    },
    post: async (post) => {
      let isThere = false;
      const posted = rig.mailboxes.post(post).finally(() => (isThere = true));
      await settle();
      while (!isThere) await pass(STEP_MS);
      return posted;
    },
    reopen: async () => {
      rig.mailboxes.close();
      rig.mailboxes = open();
      await rig.mailboxes.open();
    },
    pass,
    events: (type) =>
      store
        .all("SELECT data FROM events WHERE type = ? ORDER BY seq", [type])
        .map((row): Record<string, unknown> => JSON.parse(String(row["data"]))),
    close: async () => {
      rig.mailboxes.close();
      const closing = bus.close();
      await pass(STEP_MS);
      await closing;
      store.close();
    },
  };
  await rig.mailboxes.open();
  return rig;
}
