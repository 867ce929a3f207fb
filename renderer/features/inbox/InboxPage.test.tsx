// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Overlays } from "#renderer/app/Overlays.tsx";
import { Toasts } from "#renderer/app/Toasts.tsx";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { InboxPage } from "./InboxPage.tsx";

let demo: RenderedDemo;
beforeEach(async () => {
  demo = renderDemo(
    <>
      <InboxPage />
      <Toasts />
      <Overlays />
    </>,
  );
  await screen.findByRole("heading", { name: /test-writer wants to run a command/ });
});
afterEach(() => demo.end());

const show = (name: RegExp) =>
  demo.user.click(within(screen.getByRole("navigation", { name: "Inbox items" })).getByRole("button", { name }));

test("Enter never allows what cannot be undone; its letter does", async () => {
  await demo.user.keyboard("{Enter}{ArrowDown}{Enter}");
  const allow = screen.getByRole("button", { name: /Allow once/ });
  allow.focus();
  await demo.user.keyboard("{Enter}");
  expect(demo.ordered("inbox.answer")).toEqual([]);
  await demo.user.keyboard("y");
  await waitFor(() => expect(demo.ordered("inbox.answer")).toEqual([{ id: "perm-1", option: "allow" }]));
});

test("a question is answered by its number or by Enter on the marked answer", async () => {
  await show(/a11y-fixer/);
  await screen.findByRole("heading", { name: /a11y-fixer has a question/ });
  (document.activeElement as HTMLElement).blur();
  await demo.user.keyboard("{ArrowDown}{Enter}");
  await waitFor(() => expect(demo.ordered("inbox.answer")).toEqual([{ id: "q-1", option: "2" }]));
  expect(await screen.findByText("Answered:")).toBeDefined();
});

test("deny and say sends the words typed", async () => {
  await demo.user.keyboard("e");
  await demo.user.keyboard("Use a fresh schema{Enter}");
  await waitFor(() =>
    expect(demo.ordered("inbox.answer")).toEqual([{ id: "perm-1", option: "deny_say", text: "Use a fresh schema" }]),
  );
});

test("snoozing moves on to the next item and can be undone", async () => {
  await demo.user.keyboard("z");
  await screen.findByText(/Snoozed test-writer/);
  await screen.findByRole("heading", { name: /a11y-fixer/ });
  await demo.user.click(screen.getByRole("button", { name: /Undo/ }));
  await waitFor(() => expect(demo.ordered("inbox.wake")).toEqual([{ id: "perm-1" }]));
});

test("what gave up or escalated is restarted from here", async () => {
  await show(/data-pipeline/);
  await screen.findByRole("heading", { name: /data-pipeline escalated to fleet/ });
  (document.activeElement as HTMLElement).blur();
  await demo.user.keyboard("r");
  await waitFor(() => expect(demo.ordered("inbox.answer")).toEqual([{ id: "esc-1", option: "restart" }]));
});

test("a request withdrawn meanwhile says so and offers no answers", async () => {
  const item = demo.core.world.inbox.find((candidate) => candidate.id === "perm-1");
  if (item === undefined) throw new Error("sample without perm-1");
  demo.core.putItem({ ...item, status: "withdrawn", answer: "The agent ended" });
  expect(await screen.findByText(/Withdrawn: the agent ended/)).toBeDefined();
  expect(screen.queryByRole("group", { name: "Answers" })).toBeNull();
});

test("without the core no answer can be given", async () => {
  demo.disconnect();
  await waitFor(() =>
    expect(screen.getByRole<HTMLButtonElement>("button", { name: /Allow once/ }).disabled).toBe(true),
  );
  await demo.user.keyboard("y");
  expect(demo.ordered("inbox.answer")).toEqual([]);
});

test("a dead letter says what it carries, what the healer tried and why, and is sent again by its letter", async () => {
  await show(/Dead letter 412/);
  await screen.findByText(/What the healer tried/);
  expect(screen.getByText(/load tax_region into warehouse/)).toBeDefined();
  expect(screen.getAllByText("Tried again")).toHaveLength(3);
  expect(screen.getByText(/Start Postgres on 5432 first/)).toBeDefined();
  (document.activeElement as HTMLElement).blur();
  await demo.user.keyboard("r");
  await waitFor(() => expect(demo.ordered("inbox.answer")).toEqual([{ id: "letter:412", option: "retry" }]));
});

test("a dead letter is changed before it is sent again, and what cannot be sent says why", async () => {
  await show(/Dead letter 412/);
  await demo.user.click(await screen.findByRole("button", { name: /Change it and send it again/ }));
  const field = await screen.findByRole("textbox", { name: "Content to send" });
  await demo.user.clear(field);
  await demo.user.click(field);
  await demo.user.paste('{"task": 122}');
  await demo.user.click(screen.getByRole("button", { name: /Send it/ }));
  await waitFor(() =>
    expect(demo.ordered("deadLetter.edit")).toEqual([{ id: 412, payload: '{"task": 122}', retry: true }]),
  );
});

test("discarding a dead letter can be undone", async () => {
  await show(/Dead letter 412/);
  await demo.user.click(await screen.findByRole("button", { name: /Discard it/ }));
  await screen.findByText("Discarded dead letter 412.");
  await demo.user.click(screen.getByRole("button", { name: /Undo/ }));
  await waitFor(() => expect(demo.ordered("deadLetter.restore")).toEqual([{ id: 412 }]));
});
