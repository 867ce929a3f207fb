// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { Shell } from "./Shell.tsx";

let demo: RenderedDemo;
afterEach(() => demo.end());

const home = async (options = {}) => {
  demo = renderDemo(<Shell />, options);
  await screen.findByRole("heading", { name: /things? needs? you|Nothing needs you|No agents yet/ });
};

test("Home says it in one sentence and the status bar counts the same agents", async () => {
  await home();
  expect(
    screen.getByRole("heading", { name: "5 things need you. 3 are broken. 12 of 21 agents are running." }),
  ).toBeDefined();
  expect(within(screen.getByRole("contentinfo", { name: "Status" })).getByText("5 busy")).toBeDefined();
  expect(screen.getByRole("button", { name: "Inbox, 5 items open" })).toBeDefined();
});

test("an item is answered in place on Home by its key", async () => {
  await home();
  await demo.user.keyboard("n");
  await waitFor(() => expect(demo.ordered("inbox.answer")).toEqual([{ id: "perm-1", option: "deny" }]));
});

test("on Home, Enter and the letter that allows only open what cannot be undone", async () => {
  await home();
  await demo.user.keyboard("y");
  expect(demo.app.navigation.current()).toEqual({ page: "inbox", id: "perm-1" });
  expect(demo.ordered("inbox.answer")).toEqual([]);
});

test("keys lead to pages, and the way back is remembered", async () => {
  await home();
  await demo.user.keyboard("gi");
  expect(await screen.findByRole("heading", { name: "Inbox" })).toBeDefined();
  await demo.user.keyboard("{Alt>}{ArrowLeft}{/Alt}");
  expect(await screen.findByRole("heading", { name: "Home" })).toBeDefined();
});

test("a lost core is said with its time, everything stays readable, and it comes back by itself", async () => {
  await home();
  demo.disconnect();
  const banner = await screen.findByRole("alert");
  expect(banner.textContent).toMatch(/Signalbox does not answer since \d\d:\d\d:\d\d\..*Trying again/);
  expect(screen.getByText("Core not reachable")).toBeDefined();
  expect(screen.getByText("test-writer")).toBeDefined();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: /Add agent/ }).disabled).toBe(true);
  demo.reconnect();
  await waitFor(() => expect(screen.queryByText("Core not reachable")).toBeNull());
  expect(screen.queryByRole("alert")).toBeNull();
});

test("the emergency stop says its toll, Enter confirms, and it tells what it did", async () => {
  await home();
  await demo.user.keyboard("{Control>}{Shift>}.{/Shift}{/Control}");
  const dialog = await screen.findByRole("alertdialog", { name: "Stop all 14 agents?" });
  expect(within(dialog).getByText("busy, their current turn is lost")).toBeDefined();
  await demo.user.keyboard("{Enter}");
  expect(await screen.findByRole("alertdialog", { name: "14 agents ended in 0.8 s" })).toBeDefined();
  expect(demo.ordered("app.estop")).toEqual([{}]);
});

test("without the core the emergency stop names the command that works without it", async () => {
  await home();
  demo.disconnect();
  await screen.findByText("Core not reachable");
  await demo.user.click(screen.getByRole("button", { name: /Emergency stop/ }));
  expect(screen.getByText(/This window cannot reach Signalbox/)).toBeDefined();
});

test("fleets that ran before a reboot are resumed by one click", async () => {
  await home({ interrupted: ["shop"] });
  await demo.user.click(await screen.findByRole("button", { name: "Resume what ran" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Resume what ran" })).toBeNull());
  expect(demo.ordered("app.resumeInterrupted")).toEqual([{}]);
});

test("the list of keys shows the page's own first", async () => {
  await home();
  await demo.user.keyboard("?");
  const headings = within(await screen.findByRole("dialog", { name: "Keys of this page" })).getAllByRole("heading");
  expect(headings.map((heading) => heading.textContent)).toEqual(["Needs you", "Everywhere"]);
});
