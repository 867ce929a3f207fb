import { describe, expect, it } from "vitest";

import type { AgentFact, ObserverContext } from "#core/ports/agentAdapter.ts";
import { ManualClock, settle } from "#test/support/manualClock.ts";
import { ClaudeObserver } from "./claudeObserver.ts";

const PERMISSION = {
  hook_event_name: "PermissionRequest",
  session_id: "s1",
  tool_name: "Bash",
  tool_input: { command: "touch a" },
};
const SCREEN = "────────────\n Bash command\n touch a\n Do you want to proceed?\n ❯ 1. Yes\n   2. No";

function observe(change: Partial<ObserverContext> = {}): {
  clock: ManualClock;
  facts: AgentFact[];
  typed: string[];
  observer: ClaudeObserver;
} {
  const clock = new ManualClock();
  const facts: AgentFact[] = [];
  const typed: string[] = [];
  const observer = new ClaudeObserver({
    clock,
    memo: {},
    cwd: "/w",
    mode: "fresh",
    hasPrompt: true,
    cliSessionId: "s1",
    emit: (fact) => facts.push(fact),
    type: (bytes) => typed.push(new TextDecoder().decode(bytes)),
    screenText: () => Promise.resolve(SCREEN),
    ...change,
  });
  return { clock, facts, typed, observer };
}

const status = (
  state: string,
  more: Record<string, string> = {},
): { type: "status"; params: Record<string, string> } => ({
  type: "status",
  params: { state, app: "claude-code", ...more },
});
const lastAsk = (facts: readonly AgentFact[]): string =>
  facts.flatMap((fact) => (fact.type === "asked" ? [fact.ask.id] : [])).at(-1) ?? "";

describe("ClaudeObserver", () => {
  it("keeps an ask when an older word of the terminal arrives after its hook", async () => {
    const { clock, facts, observer } = observe();
    const held = observer.hook(PERMISSION, new AbortController().signal);
    observer.hint(status("working"));
    observer.hint(status("blocked", { kind: "permission", msg: "YXBwcm92ZSBCYXNoOiB0b3VjaCBh" }));
    await clock.advance(2_000);
    await settle();
    expect(facts.filter((fact) => fact.type === "asked" || fact.type === "ask_ended")).toHaveLength(1);
    await observer.answer(lastAsk(facts), { option: "allow" });
    expect(await held).toEqual({
      hookSpecificOutput: { hookEventName: "PermissionRequest", decision: { behavior: "allow" } },
    });
  });

  it("withdraws the ask and lets the hook go when the dialog was answered in the terminal", async () => {
    const { clock, facts, observer } = observe();
    const held = observer.hook(PERMISSION, new AbortController().signal);
    observer.hint(status("blocked", { kind: "permission" }));
    observer.hint(status("working"));
    await clock.advance(600);
    expect(await held).toEqual({});
    expect(facts.at(-1)).toMatchObject({ type: "ask_ended", how: "withdrawn" });
  });

  it("tells two asks of one turn apart when one was answered in the terminal", async () => {
    const { clock, facts, observer } = observe();
    const first = observer.hook(PERMISSION, new AbortController().signal);
    const second = observer.hook({ ...PERMISSION, tool_input: { command: "touch b" } }, new AbortController().signal);
    observer.hint(status("blocked", { kind: "permission" }));
    observer.hint(status("working"));
    observer.hint(status("blocked", { kind: "permission" }));
    await observer.hook({ ...PERMISSION, hook_event_name: "PostToolUse" }, new AbortController().signal);
    await clock.advance(600);
    expect(await first).toEqual({});
    await observer.answer(lastAsk(facts), { option: "deny" });
    expect(await second).toMatchObject({ hookSpecificOutput: { decision: { behavior: "deny" } } });
  });

  it("answers by keys when the app came back while a dialog was open", async () => {
    const { clock, facts, typed, observer } = observe({ adopted: { activity: "waiting_permission" } });
    await clock.advance(2_000);
    await settle();
    expect(facts).toMatchObject([{ type: "asked", ask: { kind: "permission", via: "keys" } }]);
    await observer.answer(lastAsk(facts), { option: "allow" });
    await clock.advance(0);
    expect(typed).toEqual(["1"]);
  });

  it("allows for the session no more than was seen, and never in a settings file", async () => {
    const { facts, observer } = observe();
    const suggestions = [{ type: "setMode", mode: "acceptEdits", destination: "localSettings" }];
    const held = observer.hook({ ...PERMISSION, permission_suggestions: suggestions }, new AbortController().signal);
    await observer.answer(lastAsk(facts), { option: "allow_session" });
    const rule = {
      type: "addRules",
      rules: [{ toolName: "Bash", ruleContent: "touch a" }],
      behavior: "allow",
      destination: "session",
    };
    expect(await held).toEqual({
      hookSpecificOutput: {
        hookEventName: "PermissionRequest",
        decision: { behavior: "allow", updatedPermissions: [rule] },
      },
    });
  });

  it("withdraws what is open when the life ends", async () => {
    const { facts, observer } = observe();
    const held = observer.hook(PERMISSION, new AbortController().signal);
    observer.dispose();
    expect(await held).toEqual({});
    expect(facts.at(-1)).toMatchObject({ type: "ask_ended", how: "withdrawn" });
  });

  it("shows a limit that Claude waits out by itself as a limit, and as work when it goes on", async () => {
    let screen = "❯ go on\n✻ 429 This would exceed your rate limit. · retrying in 19s · attempt 1/1";
    const { clock, facts, observer } = observe({ screenText: () => Promise.resolve(screen) });
    observer.hint(status("working"));
    observer.output();
    await clock.advance(3_000);
    await settle();
    const until = clock.wallNow() + 19_000;
    expect(facts.at(-1)).toEqual({ type: "rate_limited", detail: "429 This would exceed your rate limit.", until });
    screen = "❯ go on\n● Here it is";
    observer.output();
    await clock.advance(3_000);
    await settle();
    expect(facts.at(-1)).toEqual({ type: "activity", activity: "busy", detail: "Working" });
    observer.dispose();
  });

  it.each([
    ["❯ \n  ⏸ manual mode on · ? for shortcuts", { activity: "idle" }],
    ["✢ Thinking…\n❯ \n  ⏸ manual mode on · esc to interrupt", undefined],
    [SCREEN, { activity: "waiting_permission" }],
  ])("of an adopted agent that was busy believes the screen, not what was last heard", async (screen, told) => {
    const adopted = { activity: "busy" } as const;
    const { clock, facts } = observe({ adopted, screenText: () => Promise.resolve(screen) });
    await clock.advance(2_000);
    await settle();
    expect(facts.find((fact) => fact.type === "activity")).toEqual(
      told === undefined ? undefined : expect.objectContaining(told),
    );
    await clock.advance(600);
    await settle();
    expect(facts.filter((fact) => fact.type === "asked")).toHaveLength(told?.activity === "waiting_permission" ? 1 : 0);
  });

  it("of an adopted agent believes what it says itself before its screen", async () => {
    const adopted = { activity: "busy" } as const;
    const { clock, facts, observer } = observe({ adopted, screenText: () => Promise.resolve("❯ ") });
    observer.hint(status("working"));
    await clock.advance(3_000);
    await settle();
    expect(facts.filter((fact) => fact.type === "activity" && fact.activity === "idle")).toEqual([]);
  });
});
