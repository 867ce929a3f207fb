/** An agent's state by what its title and its screen say, in their order. */
import { describe, expect, it } from "vitest";

import type { AgentFact } from "#core/ports/agentAdapter.ts";
import { createMachine } from "#platform/machine.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { createGeminiAdapter } from "./gemini.ts";

describe("a resumed Gemini CLI", () => {
  it("is not called idle while it still reads its session, whatever its title says", async () => {
    const clock = new ManualClock();
    const facts: AgentFact[] = [];
    let screen = " >   Type your message or @path/to/file";
    const observer = createGeminiAdapter({
      machine: createMachine({ environment: () => Promise.resolve({}), homeDir: "/home/person" }),
    }).createObserver({
      clock,
      memo: {},
      cwd: "/work",
      mode: "resume",
      hasPrompt: false,
      cliSessionId: "s",
      emit: (fact) => void facts.push(fact),
      type: () => {},
      screenText: () => Promise.resolve(screen),
    });
    observer.hint({ type: "title", title: "◇  Ready (work)" });
    await clock.advance(2_000);
    screen = "⠋ Resuming session...\n ? for shortcuts";
    await clock.advance(5_000);
    expect(facts).toEqual([]);
    screen = " > what was asked before\n\n✦ and answered\n\n >   Type your message or @path/to/file";
    await clock.advance(1_000);
    expect(facts).toMatchObject([{ type: "activity", activity: "idle" }]);
    observer.dispose();
  });
});
