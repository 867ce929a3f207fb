/** What becomes of a dead letter of each family (MS-B7): the healer, the inbox and the sweep together. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discardLetter, restoreLetter, retryLetter } from "#core/deadLetters/index.ts";
import type { AttemptOutcome, Taker } from "#core/deadLetters/index.ts";
import { Inbox } from "#core/inbox/index.ts";
import { createJournal, createRecorder } from "#core/store/index.ts";
import type { Recorder } from "#core/store/index.ts";
import { familyOf, familyWords } from "#shared/model/letterFamily.ts";
import { openDeadLetterRig } from "#test/support/deadLetterRig.ts";
import type { DeadLetterRig } from "#test/support/deadLetterRig.ts";
import { silentLogger } from "#test/support/silentLogger.ts";
import { InboxLetters } from "./deadLettersInInbox.ts";

const MINUTE = 60_000;
let rig: DeadLetterRig;
let recorder: Recorder;
let inbox: Inbox;
let items: InboxLetters;
/** Letters in the order they were tried. */
let tried: number[];
let outcome: (id: number) => AttemptOutcome;

beforeEach(async () => {
  rig = await openDeadLetterRig();
  const { store, clock, desk } = rig;
  recorder = createRecorder({
    journal: createJournal({ store, clock, logger: silentLogger }),
    clock,
    logger: silentLogger,
  });
  inbox = new Inbox({ store, recorder, clock });
  items = new InboxLetters({ desk: () => desk, inbox, clock });
  items.joinTree((path) => [path, "crew/leads", "crew"]);
  items.open();
  tried = [];
  outcome = () => ({ ok: false, error: { class: "processing", message: "It broke." } });
  const taker: Taker = {
    attempt: async ({ letter }) => {
      tried.push(letter.id);
      return outcome(letter.id);
    },
  };
  for (const stream of ["MESSAGES", "TOOLS", "WORKFLOWS"]) desk.takers.register(stream, "taker", taker);
});
afterEach(async () => {
  items.close();
  recorder.flush();
  await rig.close();
});

async function die(stream: string, more: { agent?: string; contextId?: string } = {}): Promise<number> {
  const nowMs = rig.clock.wallNow();
  const ids = { stream, seq: 1, consumer: "taker", messageId: crypto.randomUUID(), subject: "x.y", type: "x" };
  const error = { class: "processing", message: "It broke." } as const;
  const failed = { error, attempts: 1, firstMs: nowMs, lastMs: nowMs };
  const taking = rig.desk.letters.take({ ...ids, ...failed, headers: {}, original: "{}", ...more });
  // Commits are gathered for a moment.
  await rig.pass(50);
  const taken = await taking;
  if (!taken.ok) throw new Error(taken.error.message);
  return taken.value;
}

const state = (id: number) => rig.desk.letters.get(id)?.state;
/** Which waits for which, as lists and windows are told. */
const waiting = () =>
  rig.desk
    .list({}, { limit: 10 })
    .letters.flatMap(({ id, waitsFor }) => (waitsFor === undefined ? [] : [[id, waitsFor]]));
const open = () => inbox.list().map(({ title, status }) => [title, status]);
const alerts = () => rig.store.events.read({ limit: 10, types: ["dead_letter.alerted"] }).map(({ data }) => data);

describe("a dead letter of an agent", () => {
  it("alerts a person and its supervisor after two failures while the healer goes on, and asks after three", async () => {
    const id = await die("MESSAGES", { agent: "crew/ann" });
    await rig.pass(2000);
    expect([tried.length, open()]).toEqual([1, []]);
    await rig.pass(5000);
    expect([tried.length, state(id)]).toEqual([2, "retrying"]);
    expect(open()).toEqual([[`Dead letter ${id} failed 2 times again; the healer goes on`, "open"]]);
    expect(alerts()).toEqual([
      { letter: id, path: "crew/ann", supervisor: "crew/leads", retries: 2, detail: "It broke." },
    ]);
    await rig.pass(16_000);
    expect([tried.length, state(id), alerts().length]).toEqual([3, "needs_human", 1]);
    expect(open()).toEqual([[`Dead letter ${id} could not be healed`, "open"]]);
  });

  it("is not alerted of again by the next core, and by it where this one was killed before it could", async () => {
    const id = await die("MESSAGES", { agent: "crew/ann" });
    await rig.pass(7000);
    expect(alerts()).toHaveLength(1);
    const again = (): void => {
      items.close();
      items = new InboxLetters({ desk: () => rig.desk, inbox, clock: rig.clock });
      items.joinTree((path) => [path, "crew/leads", "crew"]);
      items.open();
    };
    again();
    rig.desk.letters.tell(id, "retrying");
    expect([alerts().length, open().length]).toEqual([1, 1]);
    // Killed between the failure's commit and the alert's.
    const other = await die("MESSAGES", { agent: "crew/cyd" });
    const [retries, plan] = [2, JSON.stringify(rig.desk.letters.get(id)?.plan)];
    rig.store.transact({
      actor: "system",
      work: (tx) =>
        void tx.run("UPDATE dead_letters SET state = 'retrying', retries = ?, plan = ? WHERE id = ?", [
          retries,
          plan,
          other,
        ]),
    });
    again();
    expect(alerts().map(({ letter }) => letter)).toEqual([id, other]);
    expect(open()).toHaveLength(2);
  });

  it("leaves the inbox by itself when the healer's next attempt works", async () => {
    const id = await die("TOOLS", { agent: "crew/ann" });
    await rig.pass(7000);
    outcome = () => ({ ok: true });
    await rig.pass(16_000);
    expect(state(id)).toBe("replayed");
    expect(open().map(([, status]) => status)).toEqual(["answered"]);
  });
});

describe("a dead letter of a workflow", () => {
  it("is not overtaken by a later one of its run, not while it waits for a person either; other runs go on", async () => {
    outcome = (id) => (id === 1 ? { ok: false, error: { class: "auth", message: "No." } } : { ok: true });
    const first = await die("WORKFLOWS", { contextId: "run-1" });
    const second = await die("WORKFLOWS", { contextId: "run-1" });
    const other = await die("WORKFLOWS", { contextId: "run-2" });
    await rig.pass(3000);
    expect([first, second, other].map(state)).toEqual(["needs_human", "retrying", "replayed"]);
    expect(waiting()).toEqual([[second, first]]);
    const told: (readonly [number, number | undefined])[] = [];
    rig.desk.feed.watch({
      changed: (letters) => told.push(...letters.map(({ id, waitsFor }) => [id, waitsFor] as const)),
    });
    discardLetter(rig.desk, first, { actor: "person" });
    await rig.pass(1000);
    expect(told).toContainEqual([second, undefined]);
    expect(waiting()).toEqual([]);
    expect(state(second)).toBe("replayed");
  });

  it("is tried out of turn when a person says so", async () => {
    outcome = (id) => (id === 1 ? { ok: false, error: { class: "auth", message: "No." } } : { ok: true });
    await die("WORKFLOWS", { contextId: "run-1" });
    const second = await die("WORKFLOWS", { contextId: "run-1" });
    await rig.pass(3000);
    retryLetter(rig.desk, second, "person");
    expect(waiting()).toEqual([]);
    await rig.pass(1000);
    expect(state(second)).toBe("replayed");
  });
});

describe("a dead letter of the system", () => {
  it("is tried five times, then discarded an hour after the last one; taken back, it stays", async () => {
    const id = await die("TOOLS");
    await rig.pass(55_000);
    expect([tried.length, state(id)]).toEqual([5, "needs_human"]);
    await rig.clock.advance(58 * MINUTE);
    expect(state(id)).toBe("needs_human");
    await rig.clock.advance(7 * MINUTE);
    expect(state(id)).toBe("discarded");
    expect(rig.desk.letters.history(id).at(-1)).toMatchObject({
      actor: "healer",
      detail: "Nobody took it within the hour after 5 attempts.",
    });
    restoreLetter(rig.desk, id, "person");
    await rig.clock.advance(120 * MINUTE);
    expect(state(id)).toBe("needs_human");
  });
});

it("says in words what becomes of each family", () => {
  expect(["MESSAGES", "WORKFLOWS", "TOOLS"].map((stream) => familyWords(familyOf({ stream })))).toEqual([
    "Tells a person and the supervisor after 2 tries, asks a person after 3 tries.",
    "Asks a person after 3 tries; a later one of the run waits for it.",
    "Asks a person after 5 tries; discarded if nobody takes it within the hour.",
  ]);
  expect(familyOf({ stream: "TOOLS", agent: "crew/ann" })).toBe("agent");
});
