/** One app per data directory, and one orderly way out: the core has closed before the process ends. */
import { app } from "electron";

export interface LifecycleDeps {
  /** A second start of the app: its person wants the window. */
  readonly onSecondStart: () => void;
  /** The last window is gone: true when the app goes on without one (in the tray, in the dock). */
  readonly staysWithoutWindow: () => boolean;
  /** Runs once, before the process ends; agents go on in their keeper unless it stopped them. */
  readonly onEnd: () => Promise<void>;
}

export interface Lifecycle {
  /** Ends the app; `before` runs first, for example to stop the agents. Later calls join the first. */
  quit(before?: () => Promise<unknown>): Promise<void>;
  readonly isQuitting: boolean;
}

/** The end must come: a core that hangs while closing is cut off, as a kill -9 would; nothing acknowledged is lost. */
const END_WITHIN_MS = 10_000;

/** False for the second app on the same user data: it has told the first and should end. */
export function isOnlyInstance(): boolean {
  return app.requestSingleInstanceLock();
}

export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  let ending: Promise<void> | undefined;
  const end = async (before: () => Promise<unknown>) => {
    await within(END_WITHIN_MS, before().then(deps.onEnd));
    app.exit(0);
  };
  const quit = (before: () => Promise<unknown> = async () => {}) => (ending ??= end(before));
  app.on("second-instance", deps.onSecondStart);
  app.on("activate", deps.onSecondStart);
  app.on("window-all-closed", () => {
    if (!deps.staysWithoutWindow()) void quit();
  });
  app.on("before-quit", (event) => {
    event.preventDefault();
    void quit();
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void quit());
  return {
    quit,
    get isQuitting() {
      return ending !== undefined;
    },
  };
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
