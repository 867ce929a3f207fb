// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Overlays } from "#renderer/app/Overlays.tsx";
import { Toasts } from "#renderer/app/Toasts.tsx";
import { openOverlay } from "#renderer/state/overlays.ts";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { act } from "@testing-library/react";

let demo: RenderedDemo;
beforeEach(async () => {
  demo = renderDemo(
    <>
      <Overlays />
      <Toasts />
    </>,
  );
  await waitFor(() => expect(demo.app.store.getState().hasTree).toBe(true));
  await waitFor(() => expect(demo.app.store.getState().inbox.length).toBeGreaterThan(0));
  act(() => openOverlay(demo.app.store, { kind: "palette" }));
});
afterEach(() => demo.end());

const options = () => within(screen.getByRole("listbox")).getAllByRole("option");

test("what is broken is offered first, and Enter runs the marked line", async () => {
  await demo.user.keyboard("restart e2e");
  expect(options()[0]?.textContent).toContain("Restart e2e-runner now");
  expect(options()[0]?.getAttribute("aria-selected")).toBe("true");
  await demo.user.keyboard("{Enter}");
  await waitFor(() => expect(demo.ordered("node.start")).toEqual([{ id: "fleet/e2e-runner" }]));
  expect(screen.queryByRole("dialog")).toBeNull();
});

test("@ lists agents, Tab what can be done with one", async () => {
  await demo.user.keyboard("@planner");
  expect(options()).toHaveLength(1);
  await demo.user.keyboard("{Tab}");
  expect(
    options()
      .map((option) => option.textContent)
      .join(),
  ).toContain("Open the terminal of planner");
  await demo.user.keyboard("pause{Enter}");
  await waitFor(() => expect(demo.ordered("node.pause")).toEqual([{ id: "fleet/planner" }]));
  expect(await screen.findByText(/Paused planner/)).toBeDefined();
});

test("# makes a pattern of events or a search", async () => {
  await demo.user.keyboard("#ws.*.agent.*.exited");
  await demo.user.keyboard("{Enter}");
  expect(demo.app.navigation.current()).toEqual({ page: "events", pattern: "ws.*.agent.*.exited" });
});

test("what stops several agents asks first, with Cancel in focus", async () => {
  await demo.user.keyboard("stop checkout-api{Enter}");
  const dialog = await screen.findByRole("alertdialog", { name: /Stop checkout-api and its 5 running agents/ });
  expect(document.activeElement?.textContent).toContain("Cancel");
  expect(demo.ordered("node.stop")).toEqual([]);
  await demo.user.click(within(dialog).getByRole("button", { name: "Stop" }));
  await waitFor(() => expect(demo.ordered("node.stop")).toEqual([{ id: "fleet/checkout-api" }]));
});

test("a request that cannot be undone is only ever offered for review", async () => {
  await demo.user.keyboard("test-writer");
  const titles = options().map((option) => option.textContent ?? "");
  expect(titles.some((title) => title.includes("Review test-writer"))).toBe(true);
  expect(titles.some((title) => title.startsWith("Allow"))).toBe(false);
});

test("Esc closes it", async () => {
  await demo.user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).toBeNull();
});
