// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AppProvider, createApp, type App } from "#renderer/state/AppContext.tsx";
import { select } from "#renderer/state/appStore.ts";
import { createDemoClient, type DemoClient } from "#test/support/demoCore/demoClient.ts";
import { TreePage } from "./TreePage.tsx";
import { treeView } from "./treeView.ts";

const fresh = treeView.getInitialState();
let demo: DemoClient;
let app: App;

/** jsdom lays nothing out; the page needs a size to know what is on it. */
beforeAll(() => {
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, value: 900 });
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, value: 2000 });
  HTMLElement.prototype.scrollTo = () => undefined;
  globalThis.ResizeObserver = class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
});

async function open(fleet: "sample" | "empty" | "none" | number = "sample"): Promise<void> {
  demo = createDemoClient({ fleet });
  app = createApp(demo.client);
  render(
    <AppProvider app={app}>
      <TreePage />
    </AppProvider>,
  );
  await waitFor(() => expect(app.store.getState().hasTree).toBe(true));
  if (app.store.getState().fleets.size > 0) await screen.findByRole("tree");
}

beforeEach(() => treeView.setState(fresh, true));
afterEach(() => {
  cleanup();
  demo.client.close();
});

function row(name: RegExp): HTMLElement {
  return screen.getByRole("treeitem", { name });
}
function press(key: string, more: object = {}): void {
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more });
}

describe("the diagram as a tree for those who cannot see it", () => {
  test("names every row with its state, and says level, position and set size", async () => {
    await open();
    const migrator = row(/^schema-migrator, Claude Code, Busy 4m/);
    expect(migrator.getAttribute("aria-level")).toBe("3");
    expect(migrator.getAttribute("aria-posinset")).toBe("2");
    expect(migrator.getAttribute("aria-setsize")).toBe("5");
    expect(
      row(/^checkout-api, supervisor, Running, 5 agents, rest_for_one, 1 of 5 in 60 s used/).getAttribute(
        "aria-expanded",
      ),
    ).toBe("true");
    expect(row(/^data-pipeline, supervisor, Escalated/)).toBeTruthy();
    expect(row(/^test-writer, .*Waiting for you/)).toBeTruthy();
  });

  test("hides the drawing from screen readers", async () => {
    await open();
    expect(document.querySelector("svg.tree-lines")?.getAttribute("aria-hidden")).toBe("true");
  });

  test("a change of one node changes its row and its line", async () => {
    await open();
    demo.core.patch("fleet/planner", { state: "crashed", exitDetail: "Exit 137" });
    await screen.findByRole("treeitem", { name: /^planner, Claude Code, Crashed, exit 137/ });
  });
});

describe("the keyboard alone", () => {
  test("walks the rows, folds and goes in and out", async () => {
    await open();
    select(app.store, "fleet/checkout-api");
    press("ArrowDown");
    expect(app.store.getState().selected).toBe("fleet/planner");
    press("ArrowLeft");
    expect(app.store.getState().selected).toBe("fleet/checkout-api");
    press("ArrowLeft");
    await waitFor(() => expect(screen.queryByRole("treeitem", { name: /^planner/ })).toBeNull());
    expect(row(/^checkout-api/).getAttribute("aria-expanded")).toBe("false");
    press("ArrowRight");
    await screen.findByRole("treeitem", { name: /^planner/ });
    expect(screen.getByRole("tree").getAttribute("aria-activedescendant")).toBe("tree-row-fleet/checkout-api");
  });

  test("Enter opens the terminal, S the session, E the events of the selection", async () => {
    await open();
    select(app.store, "fleet/planner");
    press("Enter");
    expect(app.navigation.current()).toEqual({ page: "terminals", path: "fleet/planner" });
    press("s");
    expect(app.navigation.current()).toEqual({ page: "session", path: "fleet/planner" });
    press("e");
    expect(app.navigation.current()).toEqual({ page: "events", pattern: "ws.fleet.agent.planner.>" });
  });

  test("R restarts one agent at once, Shift R with a fresh session, P pauses, X stops", async () => {
    await open();
    select(app.store, "fleet/schema-migrator");
    press("r");
    press("R", { shiftKey: true });
    press("x");
    press("p");
    await waitFor(() =>
      expect(demo.core.calls.filter((call) => call.name.startsWith("node.")).map((call) => call.name)).toEqual([
        "node.restart",
        "node.restart",
        "node.stop",
        "node.pause",
      ]),
    );
    expect(demo.core.calls.filter((call) => call.name === "node.restart").map((call) => call.input)).toMatchObject([
      { id: "fleet/schema-migrator" },
      { id: "fleet/schema-migrator", fresh: true },
    ]);
    expect(app.store.getState().overlay).toBeUndefined();
  });

  test("what reaches several agents asks first and says what it means", async () => {
    await open();
    select(app.store, "fleet/checkout-api");
    press("r");
    const { overlay } = app.store.getState();
    expect(overlay).toMatchObject({
      kind: "confirm",
      question: { title: "Restart 5 agents of checkout-api?", action: "Restart 5 agents" },
    });
    expect(overlay?.kind === "confirm" && overlay.question.body).toMatch(/resume.*does not count toward intensity/);
    expect(demo.core.calls.filter((call) => call.name === "node.restart")).toEqual([]);
  });

  test("plus and minus change the zoom level, brackets fold", async () => {
    await open();
    press("-");
    await waitFor(() => expect(screen.queryByRole("treeitem", { name: /^planner/ })).toBeNull());
    // What gave up stays open by itself.
    expect(row(/^ingest, .*Gave up/)).toBeTruthy();
    select(app.store, "fleet/data-pipeline");
    press("[");
    await waitFor(() => expect(screen.queryByRole("treeitem", { name: /^ingest/ })).toBeNull());
    press("+");
    await screen.findByRole("treeitem", { name: /^planner/ });
  });

  test("keys are left alone while a person types a filter", async () => {
    await open();
    press("/");
    const field = screen.getByRole("textbox", { name: /Filter the tree/ });
    expect(document.activeElement).toBe(field);
    select(app.store, "fleet/planner");
    press("x");
    expect(demo.core.calls.filter((call) => call.name.startsWith("node."))).toEqual([]);
  });
});

describe("a selection without a row of its own", () => {
  test("an agent whose row is folded away stays selected: its lamp says so, and the arrows go on from its supervisor", async () => {
    await open(60);
    const agents = [...app.store.getState().nodes.values()].filter((node) => node.kind === "agent");
    const agent = agents[25];
    if (agent === undefined) throw new Error("the fleet is too small");
    select(app.store, agent.path);
    const lamp = await waitFor(() => document.querySelector("[data-selected]") ?? Promise.reject(new Error("no lamp")));
    expect(lamp.getAttribute("data-path")).toBe(agent.path);
    const stands = document.querySelector("[data-holds]")?.getAttribute("data-path");
    expect(stands).toBe(app.store.getState().parents.get(agent.path));
    const rows = screen.getAllByRole("treeitem").map((one) => one.getAttribute("data-path"));
    press("ArrowDown");
    expect(app.store.getState().selected).toBe(rows[rows.indexOf(stands ?? "") + 1]);
    select(app.store, agent.path);
    press("]");
    await waitFor(() => expect(row(new RegExp(`^${agent.id}, `)).getAttribute("aria-selected")).toBe("true"));
  });
});

describe("the blast radius", () => {
  test("comes with the selection, in a sentence and on each row that is hit, and B hides it", async () => {
    await open();
    select(app.store, "fleet/schema-migrator");
    await screen.findByText(/If schema-migrator fails, 4 agents restart:/);
    expect(row(/^api-builder, .*would be hit: resumes/)).toBeTruthy();
    expect(document.querySelector(".tree-blast-line")).not.toBeNull();
    press("b");
    await waitFor(() => expect(screen.queryByText(/If schema-migrator fails, 4 agents restart:/)).toBeNull());
  });

  test("comes with hover, and the selection's comes back", async () => {
    await open();
    select(app.store, "fleet/schema-migrator");
    fireEvent.pointerOver(row(/^ui-builder/));
    await screen.findByText(/If ui-builder fails, it restarts alone/);
    fireEvent.pointerLeave(screen.getByRole("tree"));
    await screen.findByText(/If schema-migrator fails/);
  });

  test("stands in the inspector, too", async () => {
    await open();
    select(app.store, "fleet/schema-migrator");
    const section = await screen.findByRole("region", { name: "If it fails" });
    expect(within(section).getByText("4 of 20 agents restart")).toBeTruthy();
  });
});

describe("the outline", () => {
  async function outline(): Promise<HTMLElement> {
    await open();
    fireEvent.click(screen.getByRole("radio", { name: "Outline" }));
    return screen.findByRole("treegrid");
  }

  test("shows the same nodes as rows of a table and sorts siblings", async () => {
    const grid = await outline();
    const names = (): string[] =>
      within(grid)
        .getAllByRole("row", { selected: false })
        .map((one) => one.id.split("/").at(-1) ?? "");
    expect(names().slice(1, 4)).toEqual(["checkout-api", "planner", "schema-migrator"]);
    fireEvent.click(within(grid).getByRole("button", { name: "Name" }));
    await waitFor(() => expect(names().slice(1, 4)).toEqual(["checkout-api", "api-builder", "planner"]));
    expect(within(grid).getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort")).toBe("ascending");
  });

  test("takes several rows and stops them after saying what it means", async () => {
    const grid = await outline();
    const pick = (id: string, how: object = {}): void => void fireEvent.click(within(grid).getByText(id), how);
    pick("ui-builder");
    pick("log-triage", { ctrlKey: true });
    fireEvent.click(await screen.findByRole("button", { name: /^Stop/ }));
    expect(app.store.getState().overlay).toMatchObject({
      kind: "confirm",
      question: { title: "Stop 2 agents?", isDangerous: true },
    });
  });
});

describe("other machines", () => {
  test("the arrows go on into them, the inspector says what is heard, and no key acts on them", async () => {
    demo = createDemoClient({ machines: true });
    app = createApp(demo.client);
    render(
      <AppProvider app={app}>
        <TreePage />
      </AppProvider>,
    );
    const planner = await screen.findByRole("treeitem", { name: /^planner, Idle 6m, on build-1/ });
    press("End");
    press("Home");
    fireEvent.click(planner);
    expect(planner.getAttribute("aria-selected")).toBe("true");
    press("ArrowDown");
    expect(row(/^schema-migrator, .*on build-1/).getAttribute("aria-selected")).toBe("true");
    const inspector = screen.getByRole("complementary", { name: "Inspector" });
    expect(inspector.textContent).toContain("It is seen here and steered on build-1.");
    for (const key of ["p", "r", "x", "Enter"]) press(key);
    press("ArrowLeft");
    expect(row(/^checkout-api, .*on build-1/).getAttribute("aria-selected")).toBe("true");
    expect(within(inspector).queryByRole("button", { name: /Restart|Stop|Pause/ })).toBeNull();
    expect(demo.core.calls.filter((call) => call.name.startsWith("node."))).toEqual([]);
    fireEvent.click(row(/^shop, .*on lab/));
    expect(screen.getByRole("complementary").textContent).toContain("lab, not heard of for 4m");
  });
});

describe("what there is to see when there is little", () => {
  test("a tree without fleets offers the way to the first one", async () => {
    await open("none");
    await screen.findByText("No fleet is here yet.");
    fireEvent.click(screen.getByRole("button", { name: "Start a fleet" }));
    expect(app.navigation.current()).toEqual({ page: "firstRun" });
  });

  test("a filter that finds nothing says so and can be cleared", async () => {
    await open();
    fireEvent.change(screen.getByRole("textbox", { name: /Filter the tree/ }), { target: { value: "nobody" } });
    await screen.findByText(/Nothing in the tree matches/);
    for (const button of screen.getAllByRole("button", { name: "Clear the filter" }).slice(-1)) fireEvent.click(button);
    expect(app.store.getState().filter).toBe("");
  });

  test("without the core everything stays readable and nothing can be ordered", async () => {
    await open();
    select(app.store, "fleet/planner");
    demo.disconnect();
    await waitFor(() => expect(screen.getByRole("button", { name: "Pause" })).toHaveProperty("disabled", true));
    expect(row(/^planner/)).toBeTruthy();
    press("r");
    press("x");
    expect(demo.core.calls.filter((call) => call.name.startsWith("node."))).toEqual([]);
  });
});
