// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppProvider, createApp } from "#renderer/state/AppContext.tsx";
import { createDemoClient } from "#test/support/demoCore/demoClient.ts";
import { EventsPage } from "./EventsPage.tsx";

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  HTMLElement.prototype.scrollTo = () => {};
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** jsdom lays nothing out, so rows in sight are none; their number is told to screen readers all the same. */
const rowCount = () => Number(screen.getByRole("table").getAttribute("aria-rowcount"));

test("a wrong pattern is said in words while the feed stays; a right one filters it", async () => {
  const demo = createDemoClient();
  const app = createApp(demo.client);
  render(
    <AppProvider app={app}>
      <EventsPage />
    </AppProvider>,
  );
  const all = demo.core.world.events.length;
  await waitFor(() => expect(rowCount()).toBe(all));
  const field = screen.getByLabelText("Subject pattern");
  fireEvent.change(field, { target: { value: "ws..agent" } });
  expect(screen.getByText(/Token 2 of "ws..agent" is empty/)).toBeTruthy();
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(rowCount()).toBe(all);
  const one = demo.core.world.events.at(-1)?.subject ?? "";
  fireEvent.change(field, { target: { value: one } });
  await waitFor(() => expect(rowCount()).toBe(demo.core.world.events.filter((event) => event.subject === one).length));
  app.client.close();
});
