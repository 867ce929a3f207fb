// @vitest-environment jsdom
import { beforeEach, describe, expect, test } from "vitest";
import { chordsOf, createKeyRegistry, type KeyBinding, type KeyLayer, type KeyPress } from "./keys.ts";

const ran: string[] = [];
beforeEach(() => {
  ran.length = 0;
  document.body.innerHTML =
    '<input id="field"><div data-terminal><textarea id="terminal"></textarea></div><button id="button"></button>';
});

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: "",
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  target: document.body,
  ...more,
});
const on = (id: string) => ({ target: document.getElementById(id) });
const bind = (keys: string, more: Partial<KeyBinding> = {}): KeyBinding => ({
  keys,
  label: keys,
  run: () => ran.push(keys),
  ...more,
});

function registryOf(...scopes: readonly { layer: KeyLayer; bindings: readonly KeyBinding[] }[]) {
  let at = 0;
  const registry = createKeyRegistry(() => at);
  for (const scope of scopes)
    registry.register({ name: scope.layer, layer: scope.layer, bindings: () => scope.bindings });
  return { registry, wait: (ms: number) => (at += ms) };
}

describe("the registry of keys", () => {
  test("the page's use of a key wins over the app's, whichever registered first", () => {
    const { registry } = registryOf(
      { layer: "page", bindings: [bind("j", { run: () => ran.push("page") })] },
      { layer: "app", bindings: [bind("j", { run: () => ran.push("app") }), bind("x")] },
    );
    expect(registry.handle(press("j"))).toBe(true);
    expect(registry.handle(press("x"))).toBe(true);
    expect(registry.handle(press("q"))).toBe(false);
    expect(ran).toEqual(["page", "x"]);
  });

  test("a sequence needs its second key in time", () => {
    const { registry, wait } = registryOf({ layer: "app", bindings: [bind("g h"), bind("h")] });
    expect(registry.handle(press("g"))).toBe(true);
    registry.handle(press("h"));
    registry.handle(press("g"));
    wait(2000);
    registry.handle(press("h"));
    expect(ran).toEqual(["g h", "h"]);
  });

  test("text fields keep their letters, but not the palette's chord", () => {
    const { registry } = registryOf({
      layer: "app",
      bindings: [bind("j"), bind("mod+k", { reserved: true }), bind("esc", { inInputs: true })],
    });
    expect(registry.handle(press("j", on("field")))).toBe(false);
    registry.handle(press("k", { ctrlKey: true, ...on("field") }));
    registry.handle(press("Escape", on("field")));
    expect(ran).toEqual(["mod+k", "esc"]);
  });

  test("a focused terminal keeps every key but the reserved ones", () => {
    const { registry } = registryOf({
      layer: "app",
      bindings: [bind("j"), bind("esc", { inInputs: true }), bind("mod+z"), bind("mod+shift+.", { reserved: true })],
    });
    for (const key of ["j", "Escape"]) expect(registry.handle(press(key, on("terminal")))).toBe(false);
    expect(registry.handle(press("z", { ctrlKey: true, ...on("terminal") }))).toBe(false);
    expect(registry.handle(press(">", { code: "Period", ctrlKey: true, shiftKey: true, ...on("terminal") }))).toBe(
      true,
    );
    expect(ran).toEqual(["mod+shift+."]);
  });

  test("a modal scope hides what lies below, but for reserved keys, until it is gone", () => {
    const { registry } = registryOf({ layer: "app", bindings: [bind("j"), bind("mod+k", { reserved: true })] });
    const close = registry.register({ name: "dialog", layer: "modal", bindings: () => [bind("p")] });
    expect(registry.handle(press("j"))).toBe(false);
    registry.handle(press("k", { ctrlKey: true }));
    registry.handle(press("p"));
    close();
    registry.handle(press("j"));
    expect(ran).toEqual(["mod+k", "p", "j"]);
  });

  test("a focused button answers Enter itself", () => {
    const { registry } = registryOf({ layer: "page", bindings: [bind("enter"), bind("j")] });
    expect(registry.handle(press("Enter", on("button")))).toBe(false);
    expect(registry.handle(press("j", on("button")))).toBe(true);
  });

  test("keys are known by what they type, and by their place on other layouts", () => {
    expect(chordsOf(press("?", { code: "Slash", shiftKey: true }))).toEqual(["?"]);
    expect(chordsOf(press("R", { code: "KeyR", shiftKey: true }))).toEqual(["shift+r"]);
    expect(chordsOf(press("о", { code: "KeyJ" }))).toEqual(["о", "j"]);
    expect(chordsOf(press(">", { code: "Period", ctrlKey: true, shiftKey: true }))).toEqual([
      "mod+>",
      "mod+shift+>",
      "mod+shift+.",
    ]);
  });
});
