// @vitest-environment jsdom
import { act, screen } from "@testing-library/react";
import { createStore, useStore } from "zustand";
import type { ReactElement } from "react";
import { afterEach, expect, test } from "vitest";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { useCoreQuery } from "./commands.ts";

/** Changes as the clock does on pages that ask again all the time. */
const round = createStore<{ readonly at: number }>(() => ({ at: 0 }));

function Kept(): ReactElement {
  const key = String(useStore(round, ({ at }) => at));
  const { data, error } = useCoreQuery("memory.stats", {}, { key, staleMs: 0 });
  if (error !== null) return <p>{error.message}</p>;
  return <p>{data === undefined ? "Nothing yet" : `Kept: ${data.memories}`}</p>;
}

/** A page that is opened with the first round. */
function Opened(): ReactElement {
  return useStore(round, ({ at }) => at) === 0 ? <p>Closed</p> : <Kept />;
}

let demo: RenderedDemo;
afterEach(() => {
  demo.end();
  round.setState({ at: 0 });
  window.dispatchEvent(new Event("online"));
});

const nextRound = () => act(async () => round.setState(({ at }) => ({ at: at + 1 })));
const lose = () =>
  act(async () => {
    demo.disconnect();
    await new Promise<void>((resolve) => {
      const end = demo.client.onState(() => {
        end();
        resolve();
      });
    });
  });

test("what a page knows stays in sight while the core is away, though the page goes on asking", async () => {
  demo = renderDemo(<Kept />);
  const known = (await screen.findByText(/Kept: [1-9]/)).textContent;
  await lose();
  await nextRound();
  await nextRound();
  expect(screen.getByText(/./).textContent).toBe(known);
});

test("what is asked first while the core is away is answered when it is back", async () => {
  demo = renderDemo(<Opened />);
  await demo.client.query("app.info", {});
  await lose();
  await nextRound();
  expect(screen.getByText("Nothing yet")).toBeDefined();
  demo.reconnect();
  expect(await screen.findByText(/Kept: [1-9]/)).toBeDefined();
});

test("a machine without a network still shows its pages", async () => {
  demo = renderDemo(<Opened />);
  window.dispatchEvent(new Event("offline"));
  await nextRound();
  expect(await screen.findByText(/Kept: [1-9]/)).toBeDefined();
});
