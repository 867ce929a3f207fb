import { describe, expect, it } from "vitest";
import type { RegistryEntry } from "#shared/model/toolServer.ts";
import { discover } from "./discovery.ts";
import { matches, mayCall } from "./grants.ts";
import { resolveServer } from "./resolveServer.ts";
import { nextState } from "./serverStates.ts";

const agent = (id: string, roles: string[] = []) => ({ kind: "agent" as const, id, roles });

describe("who may call a tool", () => {
  it("is every agent of the fleet that declares the server, and no other, where nothing is granted", () => {
    const server = { fleet: "shop", allow: undefined };
    expect(mayCall(server, agent("shop/worker"), "add")).toBe(true);
    expect(mayCall(server, agent("desk/worker"), "add")).toBe(false);
    expect(mayCall({ fleet: undefined, allow: undefined }, agent("shop/worker"), "add")).toBe(false);
    expect(mayCall(server, { kind: "person" }, "add")).toBe(true);
  });

  it("is who was named, by id or role, for the tools that were named", () => {
    const allow = [{ agents: ["research*"], roles: ["lead"], tools: ["fetch_*", "list"] }];
    const server = { fleet: "shop", allow };
    expect(mayCall(server, agent("shop/researcher"), "fetch_page")).toBe(true);
    expect(mayCall(server, agent("shop/researcher"), "delete")).toBe(false);
    expect(mayCall(server, agent("desk/researcher"), "list")).toBe(false);
    expect(mayCall(server, agent("shop/other", ["lead"]), "list")).toBe(true);
    expect(
      mayCall({ fleet: undefined, allow: [{ agents: ["shop/*"], roles: [], tools: ["*"] }] }, agent("shop/a"), "x"),
    ).toBe(true);
  });

  it("is found by patterns in linear time", () => {
    expect(matches("a*b*c", "a-b-b-c")).toBe(true);
    expect(matches("a*a", "a")).toBe(false);
    expect(matches(`${"a*".repeat(50)}b`, "a".repeat(10_000))).toBe(false);
  });
});

describe("what is found", () => {
  const tool = (id: string, description: string): RegistryEntry => {
    return { kind: "tool", id, name: id.split(" ")[1] ?? "", description, tags: [] };
  };
  const tools = [
    tool("a look", "finds prices"),
    tool("b look", "finds prices"),
    tool("c look", "finds the prices of look-alikes"),
  ];
  const found = (text: string) => discover(tools, { text, limit: 9 }, experience).map(({ id }) => id);
  const experience = new Map([
    ["a look", { calls: 10, completed: 2, isOfContext: false }],
    ["b look", { calls: 10, completed: 9, isOfContext: false }],
  ]);

  it("comes first when it has worked before, among those that the words fit as well", () => {
    expect(found("prices")).toEqual(["b look", "a look", "c look"]);
  });

  it("is never before what the words fit better", () => {
    expect(found("look prices")).toEqual(["c look", "b look", "a look"]);
  });

  it("comes first when it was of use in the same work", () => {
    const here = new Map([...experience, ["a look", { calls: 10, completed: 8, isOfContext: true }] as const]);
    expect(discover(tools, { text: "prices", limit: 2 }, here).map(({ id }) => id)).toEqual(["a look", "b look"]);
  });
});

describe("a server's name", () => {
  const keys = ["memory", "shop/memory", "shop/web", "desk/web"];
  it("means the caller's own fleet first, then a person's, then the only one", () => {
    expect(resolveServer(keys, "memory", "shop")).toEqual({ ok: true, value: "shop/memory" });
    expect(resolveServer(keys, "memory")).toEqual({ ok: true, value: "memory" });
    expect(resolveServer(keys, "web")).toMatchObject({ ok: false, error: { code: "ambiguous" } });
    expect(resolveServer(keys, "memry")).toMatchObject({ ok: false, error: { code: "not_found" } });
  });
});

describe("a server's states", () => {
  it("know no way back from disabled but by enabling, and none to active without a verification", () => {
    expect(nextState("disabled", "verifying")).toBeUndefined();
    expect(nextState("disabled", "enabled")).toBe("registered");
    expect(nextState("registered", "verified")).toBeUndefined();
    expect(nextState("offline", "recovered")).toBeUndefined();
    expect(nextState("degraded", "recovered")).toBe("active");
  });
});
