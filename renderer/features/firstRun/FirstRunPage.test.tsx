// @vitest-environment jsdom
import { screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { FirstRunPage } from "./FirstRunPage.tsx";

let demo: RenderedDemo;
beforeEach(async () => {
  demo = renderDemo(<FirstRunPage />, { fleet: "none" });
  await screen.findByRole("heading", { name: "3 agent CLIs are ready on this machine" });
});
afterEach(() => demo.end());

test("what was found is listed with version and sign-in, what is missing with what to do", () => {
  expect(screen.getByText("2.1.4")).toBeDefined();
  expect(screen.getAllByText("Signed in")).toHaveLength(2);
  expect(screen.getByText(/npm i -g @google\/gemini-cli/)).toBeDefined();
  expect(screen.getByRole<HTMLInputElement>("checkbox", { name: /Gemini CLI/ }).disabled).toBe(true);
});

test("one click starts the chosen agents in the chosen folder", async () => {
  await waitFor(() =>
    expect(screen.getByRole<HTMLInputElement>("textbox", { name: "Folder they work in" }).value).toBe("/home/ada"),
  );
  await demo.user.click(screen.getByRole("checkbox", { name: /opencode/ }));
  await demo.user.click(screen.getByRole("checkbox", { name: /Codex/ }));
  await demo.user.type(screen.getByRole("textbox", { name: "Folder they work in" }), "/code");
  await demo.user.click(screen.getByRole("button", { name: /Start the fleet/ }));
  await waitFor(() =>
    expect(demo.ordered("fleet.createFirst")).toEqual([{ cwd: "/home/ada/code", agents: ["claude", "opencode"] }]),
  );
  await waitFor(() => expect(demo.app.navigation.current()).toEqual({ page: "tree" }));
});

test("nothing chosen starts nothing, and the command line is shown", async () => {
  await demo.user.click(screen.getByRole("checkbox", { name: /Claude Code/ }));
  await demo.user.click(screen.getByRole("checkbox", { name: /Codex/ }));
  expect(screen.getByRole<HTMLButtonElement>("button", { name: /Start/ }).disabled).toBe(true);
  expect(screen.getByText(/signalbox up \/home\/ada\/signalbox.yaml/)).toBeDefined();
});
