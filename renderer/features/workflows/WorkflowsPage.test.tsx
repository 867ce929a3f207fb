// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Overlays } from "#renderer/app/Overlays.tsx";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { sampleRuns } from "#test/support/demoCore/sampleWorkflows.ts";
import { framesOf } from "./replay.ts";
import { WorkflowsPage } from "./WorkflowsPage.tsx";
import { runWords } from "./workflowWords.ts";

let demo: RenderedDemo;
afterEach(() => demo.end());

async function openRun(id: string): Promise<void> {
  demo = renderDemo(
    <>
      <WorkflowsPage />
      <Overlays />
    </>,
  );
  demo.app.navigation.navigate({ page: "workflows", run: id });
  await screen.findByRole("listbox", { name: "Steps" });
}

const step = (name: string) => screen.getByRole("option", { name: new RegExp(`^${name}`) });

test("a run that is being undone says which step is undone, and which is", async () => {
  await openRun("appraise-6ad1f072");
  expect(screen.getByText(/^Undoing \d+s/, { selector: ".wf-run-state" })).toBeDefined();
  expect(step("report").getAttribute("aria-label")).toMatch(/^report, Undone/);
  expect(step("valuation").getAttribute("aria-label")).toMatch(/^valuation, Undoing \d+s, calls valuation.withdraw/);
  expect(step("browser").getAttribute("aria-label")).toMatch(/^browser, Completed/);
  expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
});

test("a run that is over is undone on a word, which says what is taken back, the last step first", async () => {
  await openRun("appraise-51b0aa3f");
  await demo.user.click(screen.getByRole("button", { name: "Undo" }));
  expect(await screen.findByText(/the last step first: report, valuation\./)).toBeDefined();
  expect(demo.ordered("workflow.undo")).toEqual([]);
  await demo.user.click(screen.getByRole("button", { name: "Undo the run" }));
  await waitFor(() => expect(demo.ordered("workflow.undo")).toEqual([{ run: "appraise-51b0aa3f" }]));
});

test("an undo that waits for a person is tried again or skipped there", async () => {
  await openRun("appraise-b40f9d83");
  await demo.user.click(step("valuation"));
  const inspector = within(screen.getByRole("complementary", { name: "Inspector" }));
  expect(inspector.getByText("The books of November are closed. Withdraw it by hand.")).toBeDefined();
  expect(inspector.queryByRole("button", { name: "Take plan B" })).toBeNull();
  await demo.user.click(inspector.getByRole("button", { name: "Skip this undo" }));
  const wanted = [{ run: "appraise-b40f9d83", step: "valuation" }];
  await waitFor(() => expect(demo.ordered("workflow.skipUndo")).toEqual(wanted));
});

test("a replay shows the undoing from the stored events alone", async () => {
  await openRun("appraise-e2b76c15");
  const { runs, events } = sampleRuns(Date.now());
  const live = runs.find(({ head }) => head.id === "appraise-e2b76c15");
  const frames = framesOf(events.filter(({ data }) => data["run"] === live?.head.id));
  const words = frames.map(({ run, wallMs }) => runWords(run.head, wallMs).replace(/ (in|after|[\d]).*/, ""));
  expect([...new Set(words)]).toEqual(["Running", "Completed", "Undoing", "Undone"]);
  expect(frames.at(-1)?.run.entries).toEqual(live?.entries);
});
