// @vitest-environment jsdom
import { act, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Route } from "#renderer/state/navigation.ts";
import { REFUSED } from "#test/support/demoCore/demoCore.ts";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { Shell } from "./Shell.tsx";

let demo: RenderedDemo;
beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
});
afterEach(() => {
  demo.end();
  vi.unstubAllGlobals();
});

const PAGES: readonly Route[] = [
  { page: "sessions" },
  { page: "session", path: "fleet/schema-migrator" },
  { page: "events" },
  { page: "budgets" },
  { page: "bus" },
  { page: "bus", tab: "dead" },
  { page: "registry", tab: "calls" },
  { page: "memory" },
  { page: "memory", tab: "contexts" },
];

test("every page whose question is refused says why where its data would be, and offers to ask again", async () => {
  demo = renderDemo(<Shell />, { answers: "refused" });
  await screen.findByRole("heading", { name: /things need you/ });
  for (const route of PAGES) {
    act(() => demo.app.navigation.navigate(route));
    // Not by role: that reads the whole window again at each look.
    const said = () => document.querySelector("#main [role=alert]")?.textContent;
    await waitFor(() => expect([route, said()]).toEqual([route, `${REFUSED}Try again`]), { timeout: 10_000 });
  }
});

test("a page that waits for its first answer shows rows to come, and without the core says what it waits for", async () => {
  demo = renderDemo(<Shell />, { answers: "never" });
  await screen.findByRole("heading", { name: /things need you/ });
  act(() => demo.app.navigation.navigate({ page: "memory" }));
  expect(await screen.findByRole("status", { name: "Loading" }, { timeout: 10_000 })).toBeDefined();
  demo.disconnect();
  expect(await screen.findByText("Not loaded yet. It is shown as soon as Signalbox answers again.")).toBeDefined();
});
