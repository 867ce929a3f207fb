// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Overlays } from "#renderer/app/Overlays.tsx";
import { Toasts } from "#renderer/app/Toasts.tsx";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { DeadLettersTab } from "./DeadLettersTab.tsx";

let demo: RenderedDemo;
beforeEach(async () => {
  demo = renderDemo(
    <>
      <DeadLettersTab />
      <Toasts />
      <Overlays />
    </>,
  );
  await screen.findByRole("option", { name: /Dead letter 412/ });
});
afterEach(() => demo.end());

const letter = (id: number) => screen.getByRole("option", { name: new RegExp(`Dead letter ${id}`) });
const inspector = () => within(screen.getByRole("complementary", { name: "Inspector" }));

test("the list says state, what, for whom and why, and is narrowed by state and cause", async () => {
  expect(screen.getAllByRole("option", { name: /Dead letter/ })).toHaveLength(7);
  await demo.user.click(screen.getByRole("button", { name: /Waits for you/ }));
  await waitFor(() => expect(screen.getAllByRole("option", { name: /Dead letter/ })).toHaveLength(2));
  await demo.user.selectOptions(screen.getByLabelText("Cause"), "validation");
  await waitFor(() => expect(screen.getAllByRole("option", { name: /Dead letter/ })).toHaveLength(1));
  expect(letter(410)).toBeDefined();
});

test("a letter being healed shows the healer's plan, and another tool that could take over", async () => {
  await demo.user.click(letter(411));
  expect(await inspector().findByText(/Waits 1m 00s for the limit/)).toBeDefined();
  await demo.user.click(inspector().getByRole("button", { name: "Let quotes of archive do it" }));
  await waitFor(() =>
    expect(demo.ordered("deadLetter.alternate")).toEqual([{ id: 411, to: { server: "archive", tool: "quotes" } }]),
  );
});

test("a letter that an earlier one of its run holds says which, in the list and beside it, and leads there", async () => {
  expect(letter(407).textContent).toContain("Waits for 406");
  await demo.user.click(screen.getByRole("option", { name: /Dead letter 407, Waits for dead letter 406/ }));
  await demo.user.click(await inspector().findByRole("button", { name: "dead letter 406" }));
  expect(await inspector().findByText("Dead letter 406")).toBeDefined();
});

test("a discarded letter can be taken back, a delivered one offers nothing", async () => {
  await demo.user.click(letter(408));
  await demo.user.click(await inspector().findByRole("button", { name: "Take it back" }));
  await waitFor(() => expect(demo.ordered("deadLetter.restore")).toEqual([{ id: 408 }]));
  await demo.user.click(letter(409));
  expect(await inspector().findByText("Dead letter 409")).toBeDefined();
  expect(inspector().queryByRole("button", { name: /again/ })).toBeNull();
});

test("sending all again asks first, with the number and what follows", async () => {
  await demo.user.click(await screen.findByRole("button", { name: "Send all again" }));
  expect(demo.ordered("deadLetter.retryAll")).toEqual([]);
  await demo.user.click(await screen.findByRole("button", { name: "Send 2 letters again" }));
  await waitFor(() =>
    expect(demo.ordered("deadLetter.retryAll")).toMatchObject([{ expect: 2, filter: { states: ["needs_human"] } }]),
  );
});
