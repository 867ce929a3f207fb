import { describe, expect, it } from "vitest";
import { Scope } from "./scope.ts";

function recorder() {
  const log: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => void log.push(`error: ${message}`) };
  return { log, scope: new Scope("test", logger), note: (line: string) => () => void log.push(line) };
}

describe("a scope", () => {
  it("disposes in reverse order, once, however often it is asked", async () => {
    const { log, scope, note } = recorder();
    for (const name of ["a", "b", "c"]) scope.add(note(name));
    await Promise.all([scope.dispose(), scope.dispose()]);
    await scope.dispose();
    expect(log).toEqual(["c", "b", "a"]);
    expect(scope.size).toBe(0);
  });

  it("waits for each disposer before the next", async () => {
    const { log, scope, note } = recorder();
    scope.add(note("a"));
    scope.add(async () => {
      await Promise.resolve();
      log.push("b done");
    });
    await scope.dispose();
    expect(log).toEqual(["b done", "a"]);
  });

  it("goes on when one disposer fails, and logs it", async () => {
    const { log, scope, note } = recorder();
    scope.add(note("a"));
    scope.add(() => {
      throw new Error("stuck");
    });
    await scope.dispose();
    expect(log).toEqual(["error: A resource could not be disposed of.", "a"]);
  });

  it("disposes at once of what comes too late, and runs nothing any more", async () => {
    const { log, scope, note } = recorder();
    await scope.dispose();
    scope.add(note("late"));
    await scope.run("late", async () => void log.push("ran"));
    expect(log).toEqual(["late"]);
  });

  it("releases one resource early and only once", async () => {
    const { log, scope, note } = recorder();
    const release = scope.add(note("a"));
    await release();
    await release();
    await scope.dispose();
    expect(log).toEqual(["a"]);
  });

  it("aborts its tasks and waits for them before what they were built on goes", async () => {
    const { log, scope, note } = recorder();
    scope.add(note("ground"));
    void scope.run("task", async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await Promise.resolve();
      log.push("task ended");
    });
    await scope.dispose();
    expect(log).toEqual(["task ended", "ground"]);
  });

  it("forgets a task that has ended, logs one that fails, and is silent about one that was aborted", async () => {
    const { log, scope } = recorder();
    await scope.run("fine", async () => undefined);
    await scope.run("broken", () => Promise.reject(new Error("x")));
    expect(scope.size).toBe(0);
    void scope.run(
      "aborted",
      (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    );
    await scope.dispose();
    expect(log).toEqual(["error: A task failed."]);
  });

  it("takes its inner scopes with it, and forgets those that went before", async () => {
    const { log, scope, note } = recorder();
    scope.add(note("outer"));
    const first = scope.child("first");
    first.add(note("first"));
    await first.dispose();
    expect(scope.size).toBe(1);
    scope.child("second").add(note("second"));
    await scope.dispose();
    expect(log).toEqual(["first", "second", "outer"]);
  });
});
