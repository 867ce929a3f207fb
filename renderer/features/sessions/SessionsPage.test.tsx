// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AppProvider, createApp } from "#renderer/state/AppContext.tsx";
import { createDemoClient } from "#test/support/demoCore/demoClient.ts";
import { SessionsPage } from "./SessionsPage.tsx";

beforeEach(() =>
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  ),
);
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("lives are filtered by any of their words, and a past session is taken up with one press", async () => {
  const demo = createDemoClient();
  const app = createApp(demo.client);
  render(
    <AppProvider app={app}>
      <SessionsPage />
    </AppProvider>,
  );
  const rowCount = () => Number(screen.getByRole("table").getAttribute("aria-rowcount"));
  await waitFor(() => expect(rowCount()).toBeGreaterThan(3));
  const lives = await demo.client.query("session.list", { limit: 1000 });
  const wanted = lives.ok ? lives.value.filter((life) => life.path.includes("schema-migrator")).length : 0;
  fireEvent.change(screen.getByLabelText("Filter sessions"), { target: { value: "SCHEMA-migrator" } });
  await waitFor(() => expect(rowCount()).toBe(wanted));
  fireEvent.change(screen.getByLabelText("Filter sessions"), { target: { value: "" } });
  fireEvent.click(screen.getByText("Kept by the CLIs"));
  fireEvent.click((await screen.findAllByText("Take up under supervision"))[0] ?? document.body);
  await waitFor(() => expect(demo.core.calls.some((call) => call.name === "session.takeUp")).toBe(true));
  app.client.close();
});
