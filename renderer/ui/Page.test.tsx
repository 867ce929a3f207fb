// @vitest-environment jsdom
import { cleanup, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { Page } from "./Page.tsx";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const inspected = (isNarrow: boolean) => {
  vi.stubGlobal("matchMedia", () => ({ matches: isNarrow, addEventListener() {}, removeEventListener() {} }));
  const close = vi.fn<() => void>();
  render(
    <Page title="Bus" inspector={<p>Details</p>} onCloseInspector={close}>
      <p>Rows</p>
    </Page>,
  );
  return close;
};

test("an inspector that lies over the page closes by Escape", async () => {
  const close = inspected(true);
  await userEvent.keyboard("{Escape}");
  expect(close).toHaveBeenCalledTimes(1);
});

test("an inspector beside the page stays", async () => {
  const close = inspected(false);
  await userEvent.keyboard("{Escape}");
  expect(close).not.toHaveBeenCalled();
});
