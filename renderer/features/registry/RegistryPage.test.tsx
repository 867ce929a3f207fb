// @vitest-environment jsdom
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderDemo } from "#test/support/demoCore/renderDemo.tsx";
import { Toasts } from "#renderer/app/Toasts.tsx";
import { RegistryPage } from "./RegistryPage.tsx";

test("a tool is tried in a form of its schema, and its answer stands below", async () => {
  const { app, user, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", server: "memory" });
  await user.click(await screen.findByRole("button", { name: /search_nodes/ }));
  await user.type(await screen.findByLabelText("query"), "lounge chair");
  await user.click(screen.getByRole("button", { name: "Call" }));
  const answer = await screen.findByRole("status", { name: "Answer" });
  expect(answer.textContent).toContain("lounge chair");
  end();
});

test("an answer from the cache says so and how old it is, and is asked for anew", async () => {
  const { app, user, ordered, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", server: "fleet/browser" });
  await user.click(await screen.findByRole("button", { name: /search_nodes/ }));
  await user.type(await screen.findByLabelText("query"), "lounge chair");
  await user.click(screen.getByRole("button", { name: "Call" }));
  const answer = within(await screen.findByRole("status", { name: "Answer" }));
  expect(answer.getByText(/^From the cache, answered \d\d:\d\d/)).toBeTruthy();
  await user.click(answer.getByRole("button", { name: "Ask anew" }));
  expect(await answer.findByText(/^Answered in 12 ms/)).toBeTruthy();
  expect(answer.queryByRole("button", { name: "Ask anew" })).toBeNull();
  expect(ordered("registry.invoke")).toMatchObject([{ tool: "search_nodes" }, { tool: "search_nodes", fresh: true }]);
  end();
});

test("a call that was answered from the cache is called so, and leads to the call whose answer it is", async () => {
  const { app, user, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "calls" });
  await user.click(await screen.findByRole("option", { name: /Cached.*the server was not asked/ }));
  await user.click(await screen.findByRole("button", { name: "an earlier call's answer" }));
  expect(app.navigation.current()).toMatchObject({ page: "registry", tab: "calls", call: "call-33" });
  end();
});

test("a server says what is cached of it and what may be a mistake, and its answers are dropped", async () => {
  const { app, user, ordered, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", server: "fleet/browser" });
  expect(await screen.findByText("12 answers kept")).toBeTruthy();
  expect(screen.getByText(/read_grap, which is no tool of this server\. Did you mean read_graph\?/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Drop answers" }));
  expect(await screen.findByText("0 answers kept")).toBeTruthy();
  expect(ordered("registry.dropAnswers")).toEqual([{ server: "fleet/browser" }]);
  end();
});

test("a template's removal is taken back with its uses", async () => {
  const { app, user, ordered, end } = renderDemo(
    <>
      <RegistryPage />
      <Toasts />
    </>,
  );
  app.navigation.navigate({ page: "registry", tab: "templates" });
  const row = within(await screen.findByRole("listitem", { name: "reviewer" }));
  await user.click(row.getByRole("button", { name: "Remove" }));
  await user.click(await screen.findByRole("button", { name: /Undo/ }));
  const back = within(await screen.findByRole("listitem", { name: "reviewer" }));
  expect(await back.findByText("Used 3 times")).toBeTruthy();
  expect(ordered("registry.takeBackTemplate")).toEqual([{ template: "reviewer" }]);
  end();
});

test("a tool whose schema is none is marked in the list of servers and among its server's tools", async () => {
  const { app, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", server: "memory" });
  expect(await screen.findByLabelText("1 tool cannot be called")).toBeTruthy();
  const tool = await screen.findByRole("button", { name: /merge_nodes/ });
  expect(tool.textContent).toMatch(/broken.*Cannot be called: The schema cannot be used/);
  end();
});

test("a template is disabled and enabled, and only an enabled one is put into a fleet", async () => {
  const { app, user, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "templates" });
  const row = within(await screen.findByRole("listitem", { name: "reviewer" }));
  await user.click(row.getByRole("button", { name: "Disable" }));
  expect(await row.findByText("Disabled")).toBeTruthy();
  expect(row.getByRole("button", { name: "Put into a fleet" }).hasAttribute("disabled")).toBe(true);
  await user.click(row.getByRole("button", { name: "Enable" }));
  await user.click(await row.findByRole("button", { name: "Put into a fleet", hidden: false }));
  await user.click(await screen.findByRole("button", { name: "Add agent" }));
  expect(await row.findByText("Used 4 times")).toBeTruthy();
  end();
});

test("a template is added, changed with the way back, and says what is missing before it is asked for", async () => {
  const { app, user, ordered, end } = renderDemo(
    <>
      <RegistryPage />
      <Toasts />
    </>,
    { fleet: "empty" },
  );
  app.navigation.navigate({ page: "registry", tab: "templates" });
  expect(await screen.findByText("No template is kept yet.")).toBeTruthy();
  const [add] = await screen.findAllByRole("button", { name: /Add template/ });
  if (add !== undefined) await user.click(add);
  const dialog = within(await screen.findByRole("dialog", { name: "Add a template" }));
  await user.click(dialog.getByRole("button", { name: /Add template/ }));
  expect(dialog.getByText("Choose what it runs.")).toBeTruthy();
  await user.type(dialog.getByLabelText("Name"), "watcher");
  await user.selectOptions(dialog.getByLabelText("What it runs"), "command");
  await user.type(dialog.getByLabelText("Command line"), "npm test");
  await user.type(dialog.getByLabelText("Good for"), "tests, ci,");
  await user.click(dialog.getByRole("button", { name: /Add template/ }));
  const row = within(await screen.findByRole("listitem", { name: "watcher" }));
  expect(ordered("registry.keepTemplate")).toEqual([
    { id: "watcher", about: "", tags: ["tests", "ci"], child: { command: "npm test" } },
  ]);
  await user.click(row.getByRole("button", { name: "Change" }));
  const change = within(await screen.findByRole("dialog", { name: "Change watcher" }));
  await user.type(change.getByLabelText("What it is for"), "Runs the tests");
  await user.click(change.getByRole("button", { name: /Save/ }));
  expect(await row.findByText("Runs the tests")).toBeTruthy();
  await user.click(await screen.findByRole("button", { name: /Undo/ }));
  expect(await row.findByText("npm test")).toBeTruthy();
  end();
});

test("a secret in a header or a command is named at its field before anything is sent, and a reference is sent", async () => {
  const { app, user, ordered, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", isAdding: true });
  const dialog = within(await screen.findByRole("dialog", { name: "Add a server" }));
  await user.type(dialog.getByLabelText("Name"), "prices");
  await user.type(dialog.getByLabelText("Command"), "npx prices --api-key swordfish");
  await user.click(dialog.getByRole("button", { name: "Only add" }));
  expect(dialog.getByText(/^Argument 3 of prices holds a secret itself.*write \$\{PRICES_TOKEN\}/)).toBeTruthy();
  await user.click(dialog.getByRole("radio", { name: "An address" }));
  await user.clear(dialog.getByLabelText("Address"));
  await user.type(dialog.getByLabelText("Address"), "https://prices.example/mcp");
  await user.type(dialog.getByLabelText("Headers"), "Authorization=Bearer swordfish");
  expect(dialog.getByText(/^The header Authorization of prices holds a secret itself/)).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Add and start" }));
  await user.click(dialog.getByRole("button", { name: "Only add" }));
  expect(ordered("registry.add")).toEqual([]);
  await user.clear(dialog.getByLabelText("Headers"));
  await user.type(dialog.getByLabelText("Headers"), "Authorization=Bearer ${{PRICES_TOKEN}");
  expect(dialog.queryByText(/holds a secret/)).toBeNull();
  await user.click(dialog.getByRole("button", { name: "Only add" }));
  expect(ordered("registry.add")).toMatchObject([
    { transport: { headers: { Authorization: "Bearer ${PRICES_TOKEN}" } } },
  ]);
  end();
});

test("a field that is being typed into for the first time is not complained about before it is left", async () => {
  const { app, user, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", isAdding: true });
  const dialog = within(await screen.findByRole("dialog", { name: "Add a server" }));
  await user.type(dialog.getByLabelText("Variables"), "PRICES_TOKEN=swordfish");
  expect(dialog.queryByText(/holds a secret/)).toBeNull();
  await user.tab();
  expect(dialog.getByText(/^The variable PRICES_TOKEN of server holds a secret itself/)).toBeTruthy();
  end();
});

test("a server from before whose secret is stored says so among its details", async () => {
  const { app, end } = renderDemo(<RegistryPage />);
  app.navigation.navigate({ page: "registry", tab: "servers", server: "fleet/prices" });
  expect(
    await screen.findByText(/^The variable API_KEY holds a secret itself, which is stored as it is\./),
  ).toBeTruthy();
  end();
});

test("the page's fact is of the tab that is in sight", async () => {
  const { app, end } = renderDemo(<RegistryPage />);
  expect(await screen.findByText(/^6 servers, \d running, \d+ tools$/)).toBeTruthy();
  app.navigation.navigate({ page: "registry", tab: "templates" });
  expect(await screen.findByText(/^\d templates?(, \d disabled)?$/)).toBeTruthy();
  app.navigation.navigate({ page: "registry", tab: "calls" });
  expect(await screen.findByText(/^\d+ calls/)).toBeTruthy();
  expect(screen.queryByText(/^6 servers/)).toBeNull();
  end();
});
