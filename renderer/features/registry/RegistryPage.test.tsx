// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderDemo } from "#test/support/demoCore/renderDemo.tsx";
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
