import { expect, test } from "vitest";
import { settingsSchema } from "#shared/model/settings.ts";
import { aNode, anInboxItem, anOverview } from "#test/support/hostFixtures.ts";
import { newNotices, noticesOf } from "./notificationPolicy.ts";
import type { Overview } from "./overview.ts";

const settings = settingsSchema.parse({});
const tell = (
  overview: Overview,
  known: ReadonlySet<string> = new Set(),
  change: { isWatching?: boolean; settings?: typeof settings } = {},
) => newNotices(noticesOf(overview), known, { settings, isWatching: false, ...change });
const asks = anOverview({ inbox: [anInboxItem("a")] });

test("an agent that waits is told once, with the place where it is answered", () => {
  const first = tell(asks);
  expect(first.show).toEqual([
    {
      key: "inbox:a",
      kind: "waiting",
      title: "fixer waits for you",
      body: "run a command: npm test",
      place: "/inbox/a",
    },
  ]);
  expect(tell(asks, first.known).show).toEqual([]);
});

test("what ended and comes back is told again", () => {
  const first = tell(anOverview({ nodes: [aNode("shop/db", { state: "crashed", generation: 3 })] }));
  const mended = tell(anOverview({ nodes: [aNode("shop/db", { state: "busy", generation: 4 })] }), first.known);
  const again = tell(anOverview({ nodes: [aNode("shop/db", { state: "crashed", generation: 4 })] }), mended.known);
  expect([first, mended, again].map((told) => told.show.map((notice) => notice.title))).toEqual([
    ["db broke"],
    [],
    ["db broke"],
  ]);
});

test("several of a kind are one notification, the most urgent kind first", () => {
  const overview = anOverview({
    nodes: [
      aNode("shop/a", { state: "crashed" }),
      aNode("shop/b", { state: "crashed" }),
      aNode("shop/sup", { state: "gave_up", detail: "3 restarts in 41 s" }),
    ],
    inbox: [anInboxItem("x"), anInboxItem("y", { path: "shop/other" })],
  });
  expect(tell(overview).show.map(({ title, body, place }) => ({ title, body, place }))).toEqual([
    { title: "sup gave up", body: "3 restarts in 41 s", place: "/tree/shop/sup" },
    { title: "2 agents wait for you", body: "fixer waits for you, other waits for you", place: "/inbox" },
    { title: "2 agents broke", body: "a broke, b broke", place: "/tree" },
  ]);
});

test("nothing pops up about what the person looks at, and it is not told later either", () => {
  const seen = tell(asks, new Set(), { isWatching: true });
  expect(seen.show).toEqual([]);
  expect(tell(asks, seen.known).show).toEqual([]);
});

test("a muted kind stays silent", () => {
  expect(tell(asks, new Set(), { settings: { ...settings, notifyWaiting: false } }).show).toEqual([]);
});

test("a rate limit is no news: it ends by itself", () => {
  expect(tell(anOverview({ inbox: [anInboxItem("a", { kind: "rate_limited" })] })).show).toEqual([]);
});

test("a fleet that gave up is one notice, not one for each of its children", () => {
  const nodes = [
    aNode("shop", { state: "gave_up" }),
    aNode("shop/api", { state: "crashed" }),
    aNode("shop/web", { state: "gave_up" }),
  ];
  expect(tell(anOverview({ nodes })).show.map((notice) => notice.title)).toEqual(["shop gave up"]);
});
