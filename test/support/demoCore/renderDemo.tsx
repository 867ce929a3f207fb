/** Renders a page, or the whole window, over the fake core; for tests in jsdom. */
import { render, type RenderResult } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import type { ReactElement } from "react";
import { AppProvider, createApp, type App } from "#renderer/state/AppContext.tsx";
import { createDemoClient, type DemoClient } from "./demoClient.ts";
import type { DemoOptions } from "./demoCore.ts";

export interface RenderedDemo extends DemoClient {
  readonly app: App;
  readonly view: RenderResult;
  readonly user: UserEvent;
  /** What was ordered under this name so far. */
  readonly ordered: (name: string) => readonly unknown[];
  /** Ends the connection and the page. */
  readonly end: () => void;
}

export function renderDemo(page: ReactElement, options: DemoOptions = {}): RenderedDemo {
  const demo = createDemoClient(options);
  const app = createApp(demo.client);
  const view = render(<AppProvider app={app}>{page}</AppProvider>);
  return {
    ...demo,
    app,
    view,
    user: userEvent.setup(),
    ordered: (name) => demo.core.calls.filter((call) => call.name === name).map((call) => call.input),
    end: () => {
      view.unmount();
      demo.client.close();
    },
  };
}
