// @vitest-environment jsdom
import { screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { OtherMachinesSettings } from "./OtherMachinesSettings.tsx";

let demo: RenderedDemo;
beforeEach(() => {
  demo = renderDemo(<OtherMachinesSettings />);
});
afterEach(() => demo.end());

test("a NATS server is tried before it is kept, and what it answered is said", async () => {
  await demo.user.type(screen.getByLabelText("NATS server"), "nats://lab:4222");
  await demo.user.click(screen.getByRole("button", { name: "Test connection" }));
  await screen.findByText("nats://lab:4222 answers, version 2.11.0.");
  await demo.user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(demo.ordered("settings.set")).toEqual([
      { key: "natsUrl", value: "nats://lab:4222" },
      { key: "natsCredentials", value: "" },
    ]),
  );
  await screen.findByText(/^Saved\./);
  expect(screen.getByLabelText("NATS server")).toHaveProperty("value", "nats://lab:4222");
});

test("what a server said is about the address that was tried: it goes as soon as another one is typed", async () => {
  const field = screen.getByLabelText("NATS server");
  await demo.user.type(field, "nats://lab:4222{Enter}");
  await waitFor(() => expect(screen.getByRole("status").textContent).toContain("answers"));
  await demo.user.type(field, "3");
  expect(screen.getByRole("status").textContent).toBe("");
});
