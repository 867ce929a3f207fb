import { afterEach, expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import { openStore } from "#core/store/index.ts";
import type { Store } from "#core/store/index.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { discover } from "./discovery.ts";
import { TemplateBook } from "./templateBook.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const REVIEWER = { id: "reviewer", about: "Reads what others wrote", tags: ["review"], child: { agent: "claude" } };
let store: Store | undefined;

async function book(): Promise<{ templates: TemplateBook; changes: () => number; store: Store }> {
  const clock = new ManualClock();
  const opened = await openStore({ database: connectSqlite(":memory:"), clock, logger: silent });
  if (!opened.ok) throw new Error(opened.error.message);
  store = opened.value;
  let changed = 0;
  const onChange = (): void => void (changed += 1);
  const agentIds = ["claude", "codex"];
  const templates = new TemplateBook({ store: opened.value, clock, agentIds, onChange });
  return { templates, changes: () => changed, store: opened.value };
}

afterEach(() => store?.close());

it("keeps a template, finds it by what it is good for, and tells who watches", async () => {
  const { templates, changes } = await book();
  expect(templates.keep(REVIEWER, "person")).toMatchObject({
    ok: true,
    value: { ...REVIEWER, enabled: true, uses: 0 },
  });
  expect(discover(templates.entries(), { text: "review", limit: 10 })).toMatchObject([
    { kind: "template", id: "reviewer", state: "enabled" },
  ]);
  expect(discover(templates.entries(), { tags: ["cooking"], limit: 10 })).toEqual([]);
  expect(changes()).toBe(1);
});

it("is changed as a whole and stays what it was otherwise: enabled or not, and how often it was used", async () => {
  const { templates, changes } = await book();
  templates.keep(REVIEWER, "person");
  templates.setEnabled("reviewer", false, "person");
  const next = { ...REVIEWER, about: "Reads twice", tags: [], child: { command: "cat" } };
  expect(templates.rewrite(next, "person")).toMatchObject({ ok: true, value: { ...next, enabled: false } });
  expect(changes()).toBe(3);
  expect(templates.rewrite({ ...next, child: { agent: "claud" } }, "person")).toMatchObject({
    error: { code: "bad_request", message: expect.stringContaining("Did you mean claude?") },
  });
  expect(templates.rewrite({ ...next, id: "raeder" }, "person")).toMatchObject({ error: { code: "not_found" } });
  expect(templates.list()).toMatchObject([next]);
});

it("is as it was when its removal is taken back: used as often, and disabled where it was", async () => {
  const { templates, changes, store: kept } = await book();
  templates.keep(REVIEWER, "cli");
  templates.used("reviewer", "desk/reviewer", "person");
  templates.setEnabled("reviewer", false, "person");
  const [before] = templates.list();
  templates.remove("reviewer", "person");
  expect(templates.takeBack("reviewer", "person")).toEqual({ ok: true, value: before });
  expect(templates.list()).toEqual([before]);
  expect(before).toMatchObject({ uses: 1, usedAt: expect.any(String), enabled: false, keptBy: "cli" });
  expect(changes()).toBe(5);
  expect(kept.events.read({ limit: 10 }).at(-1)).toMatchObject({ type: "agent_template.taken_back", actor: "person" });
  expect(templates.takeBack("reviewer", "person")).toMatchObject({ error: { code: "not_found" } });
  templates.remove("reviewer", "person");
  templates.keep(REVIEWER, "person");
  expect(templates.takeBack("reviewer", "person")).toMatchObject({ error: { code: "already_present" } });
});

it("does not let a disabled template be used, until it is enabled", async () => {
  const { templates } = await book();
  templates.keep(REVIEWER, "person");
  templates.setEnabled("reviewer", false, "person");
  expect(templates.usable("reviewer")).toMatchObject({ ok: false, error: { code: "conflict" } });
  templates.setEnabled("reviewer", true, "person");
  expect(templates.usable("reviewer")).toMatchObject({ ok: true, value: { id: "reviewer" } });
});

it("writes down each change once, with who caused it", async () => {
  const { templates, store: kept } = await book();
  templates.keep(REVIEWER, "cli");
  templates.setEnabled("reviewer", false, "person");
  templates.setEnabled("reviewer", false, "person");
  templates.setEnabled("reviewer", true, "person");
  templates.used("reviewer", "desk/reviewer", "person");
  expect(templates.list()).toMatchObject([{ uses: 1, usedAt: expect.any(String) }]);
  templates.remove("reviewer", "person");
  expect(kept.events.read({ limit: 10 }).map(({ subject, actor }) => `${subject} ${actor}`)).toEqual([
    "sys.templates.reviewer.kept cli",
    "sys.templates.reviewer.disabled person",
    "sys.templates.reviewer.enabled person",
    "sys.templates.reviewer.used person",
    "sys.templates.reviewer.removed person",
  ]);
  expect(templates.list()).toEqual([]);
});

it.each([
  [{ agent: "claud" }, /Did you mean claude\?/],
  [{}, /needs either a command or an agent\./],
  [{ agent: "claude", command: "ls" }, /not both/],
])("refuses %j with a sentence that says what to do", async (child, sentence) => {
  const { templates } = await book();
  expect(templates.keep({ ...REVIEWER, child }, "person")).toMatchObject({
    ok: false,
    error: { code: "bad_request", message: expect.stringMatching(sentence) },
  });
});

it("refuses a name that is taken and one that is not known", async () => {
  const { templates } = await book();
  templates.keep(REVIEWER, "person");
  expect(templates.keep(REVIEWER, "person")).toMatchObject({ ok: false, error: { code: "already_present" } });
  expect(templates.usable("reviewr")).toMatchObject({
    ok: false,
    error: { code: "not_found", message: expect.stringContaining("Did you mean reviewer?") },
  });
});
