import { expect, test } from "vitest";
import type { StoredEvent } from "#shared/model/event.ts";
import { eventLamp, eventPath, patternOf, payloadWords } from "./eventRow.ts";
import { arrived, EMPTY_FEED, MAX_ROWS, older, rateWords, release } from "./feed.ts";

const event = (seq: number): StoredEvent => ({
  seq,
  time: new Date(seq).toISOString(),
  subject: "ws.shop.agent.api.exited",
  type: "agent.exited",
  actor: "system",
  data: {},
});
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index));
const seqs = (events: readonly StoredEvent[]) => events.map(({ seq }) => seq);

test("new events come on top while live, and wait aside while held", () => {
  const live = arrived(EMPTY_FEED, range(1, 3), false);
  expect(seqs(live.shown)).toEqual([3, 2, 1]);
  const held = arrived(live, range(3, 5), true);
  expect({ shown: seqs(held.shown), waiting: seqs(held.waiting) }).toEqual({ shown: [3, 2, 1], waiting: [5, 4] });
  expect(seqs(release(held).shown)).toEqual([5, 4, 3, 2, 1]);
});

test("an event said twice after a reconnect is shown once", () => {
  const feed = arrived(arrived(EMPTY_FEED, range(1, 4), false), range(2, 5), false);
  expect(seqs(feed.shown)).toEqual([5, 4, 3, 2, 1]);
});

test("memory stays bounded, and no hole is shown as quiet", () => {
  const held = arrived(arrived(EMPTY_FEED, range(1, 10), false), range(11, MAX_ROWS + 20), true);
  expect(held.waiting.length).toBe(MAX_ROWS);
  const live = release(held);
  expect(live.shown.length).toBe(MAX_ROWS);
  expect(live.shown.every((one, index) => index === 0 || (live.shown[index - 1]?.seq ?? 0) === one.seq + 1)).toBe(true);
  expect(live.hasOlder).toBe(true);
});

test("older pages go below, and a short one is the last", () => {
  const feed = older(arrived(EMPTY_FEED, range(10, 11), false), range(5, 10).toReversed(), 500);
  expect({ seqs: seqs(feed.shown), hasOlder: feed.hasOlder }).toEqual({
    seqs: [11, 10, 9, 8, 7, 6, 5],
    hasOlder: false,
  });
});

test("a row's lamp, path and pattern", () => {
  expect(eventLamp({ type: "agent.state_changed", data: { state: "waiting_permission" } })).toBe("waiting_permission");
  expect(eventLamp({ type: "agent.exited", data: { cause: "crashed" } })).toBe("crashed");
  expect(eventLamp({ type: "fleet.up", data: {} })).toBeUndefined();
  expect(eventPath({ subject: "ws.shop.agent.api.exited", data: {} })).toBe("shop/api");
  expect(patternOf("shop/api", "agent")).toBe("ws.shop.agent.api.>");
  expect(payloadWords({ path: "shop/api", sessionId: "s", code: 1 })).toBe('{"code":1,"sessionId":"s"}');
  expect(rateWords([9000, 9500], 10_000)).toBe("0.2 a second");
});
