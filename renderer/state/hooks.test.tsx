// @vitest-environment jsdom
import { act, screen, waitFor } from "@testing-library/react";
import type { ReactElement } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { renderDemo, type RenderedDemo } from "#test/support/demoCore/renderDemo.tsx";
import { useNode } from "./hooks.ts";
import { StateWord } from "./StateWord.tsx";

const drawn = new Map<string, number>();

function Row({ path }: { readonly path: string }): ReactElement | null {
  const node = useNode(path);
  drawn.set(path, (drawn.get(path) ?? 0) + 1);
  return node === undefined ? null : <StateWord node={node} />;
}

const PATHS = Array.from({ length: 1000 }, (_, index) => `fleet/worker-${String(index + 1).padStart(3, "0")}`);
let demo: RenderedDemo;
afterEach(() => {
  demo.end();
  vi.useRealTimers();
});

test("of a thousand rows only those that changed are drawn again", async () => {
  demo = renderDemo(
    <>
      {PATHS.map((path) => (
        <Row key={path} path={path} />
      ))}
    </>,
    { fleet: 1000 },
  );
  await waitFor(() => expect(demo.app.store.getState().nodes.size).toBeGreaterThan(1000));
  await screen.findAllByText(/Busy/);
  drawn.clear();
  const changed = PATHS.slice(0, 100);
  await act(async () => {
    for (const path of changed) demo.core.patch(path, { state: "paused", pauseKind: "frozen" });
    await vi.waitFor(() => expect(demo.app.store.getState().nodes.get("fleet/worker-100")?.state).toBe("paused"));
  });
  expect(screen.getAllByText("Paused by you").length).toBeGreaterThanOrEqual(100);
  expect([...drawn.keys()].filter((path) => !changed.includes(path))).toEqual([]);
});
