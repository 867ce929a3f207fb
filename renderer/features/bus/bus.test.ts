import { expect, test } from "vitest";
import { consumerConfigSchema } from "#shared/model/bus.ts";
import type { BusMessage, ConsumerInfo } from "#shared/model/bus.ts";
import { catalogue } from "#shared/model/catalogue/catalogue.ts";
import { compose } from "#shared/model/catalogue/message.ts";
import { matching } from "./catalogueList.ts";
import { decode } from "./decode.ts";
import { busWords, consumerWords } from "./consumerWords.ts";
import { EMPTY_TAIL, letPass, MAX_PASSED, passed } from "./tail.ts";

function consumer(more: Partial<ConsumerInfo>): ConsumerInfo {
  return {
    stream: "MESSAGES",
    name: "mail",
    config: consumerConfigSchema.parse({ name: "mail", maxDeliver: 5, maxAckPending: 10 }),
    delivered: { consumerSeq: 1, streamSeq: 1 },
    ackFloor: 1,
    ackPending: 0,
    redelivered: 0,
    lag: 0,
    isActive: true,
    ...more,
  };
}

test.each([
  [{}, "Up to date."],
  [{ lag: 3 }, "At work."],
  [{ lag: 12_000 }, "12\u2009000 behind; it works through them."],
  [{ isActive: false, lag: 2, ackPending: 1 }, "Nobody listens: 3 messages wait until it comes back."],
  [{ isActive: false }, "Nobody listens now; nothing waits."],
  [{ ackPending: 2, redelivered: 1 }, "1 message failed and is tried again. After 5 tries it is given up."],
  [{ ackPending: 10 }, "Full: 10 are in flight and none is answered. Look why its handler hangs."],
])("a consumer with %j reads: %s", (facts, words) => expect(consumerWords(consumer(facts))).toBe(words));

test("the header says the worst of all consumers", () => {
  expect(busWords([])).toBe("Nobody reads yet");
  expect(busWords([consumer({}), consumer({})])).toBe("All 2 consumers are up to date");
  expect(busWords([consumer({}), consumer({ lag: 500 })])).toBe("1 consumer is behind or try again");
  expect(busWords([consumer({ lag: 500 }), consumer({ isActive: false, lag: 1 })])).toBe("1 consumer needs a look");
});

function message(seq: number, data = "{}"): BusMessage {
  return { stream: "MESSAGES", seq, time: "2026-11-29T00:00:00.000Z", subject: "msg.desk.all", headers: {}, data };
}

test("what passes is shown newest first in bounded memory; what comes while held waits, and what does not fit is counted", () => {
  const many = Array.from({ length: MAX_PASSED }, (_, index) => message(index + 1));
  const full = passed(EMPTY_TAIL, { messages: many, missed: 0 }, false);
  const more = passed(full, { messages: [message(9001)], missed: 2 }, false);
  expect([more.shown.length, more.shown[0]?.message.seq, more.missed]).toEqual([MAX_PASSED, 9001, 2]);
  const held = passed(more, { messages: many.slice(0, 3), missed: 0 }, true);
  expect([held.shown, held.waiting.map((one) => one.message.seq)]).toEqual([more.shown, [3, 2, 1]]);
  const over = passed(held, { messages: many, missed: 0 }, true);
  expect([over.waiting.length, over.missed]).toEqual([MAX_PASSED, 5]);
  expect(letPass(over).shown).toEqual(over.waiting);
});

test("a message is decoded by the catalogue, and what it does not take is shown with the reason", () => {
  const { example } = catalogue["context.handed_over"];
  const said = compose("context.handed_over", {
    id: "1",
    source: "/a",
    time: "2026-11-29T00:00:00.000Z",
    data: example,
  });
  expect(said.ok && decode(message(1, JSON.stringify(said.value)))).toMatchObject({
    type: "context.handed_over",
    from: "/a",
    data: example,
    problem: undefined,
  });
  expect(decode(message(1, "hello"))).toMatchObject({ type: undefined, data: "hello", problem: /no JSON/ });
});

test("the catalogue is searched by name, purpose and the names of elsewhere", () => {
  const messages = Object.entries(catalogue).map(([name, entry]) => ({ name, entry }));
  const names = (text: string) => matching(messages, { text, kind: "all" }).map(({ name }) => name);
  expect(names("AgentSpawned")).toEqual(["agent.started"]);
  expect(names("handed context")).toContain("context.handed_over");
  expect(matching(messages, { text: "", kind: "command" }).every(({ entry }) => entry.kind === "command")).toBe(true);
});
