// @vitest-environment jsdom
import { screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { OtherMachines } from "./OtherMachines.tsx";

let demo: RenderedDemo;
beforeEach(() => {
  demo = renderDemo(<OtherMachines />, { machines: true });
});
afterEach(() => demo.end());

test("other machines' agents are shown under the machine's name, with nothing to press", async () => {
  const section = await screen.findByRole("region", { name: "Other machines" });
  expect(within(section).getByRole("heading", { name: /^build-1 another machine, online/ })).toBeTruthy();
  expect(within(section).getByRole("heading", { name: /^lab another machine, not heard of for 4m/ })).toBeTruthy();
  expect(within(section).getByText("planner")).toBeTruthy();
  expect(within(section).queryAllByRole("button")).toEqual([]);
});

test("a machine's change is seen, and one that is no longer known goes", async () => {
  await screen.findByText("build-1");
  const [sink] = demo.core.world.watchers.machines;
  const [, lab] = demo.core.world.machines;
  if (sink === undefined || lab === undefined) throw new Error("nobody watches");
  const { fleets: _, ...status } = lab;
  sink.send({ type: "machine_status", machine: { ...status, state: "online" } });
  expect(await screen.findByRole("heading", { name: /^lab another machine, online/ })).toBeTruthy();
  sink.send({ type: "machine_removed", label: "build-1" });
  await expect.poll(() => screen.queryByText("build-1")).toBeNull();
});
