/** The core is killed under an open page, and comes back: the page says so, stays readable, and goes on by itself. */
import { agent, expect, goTo, LiveApp, openTerminal, row, test, untilScreen } from "./desk.ts";

const COUNTING = "i=0; while :; do i=$((i+1)); echo line-$i; sleep 0.3; done";

test("a lost core is said, nothing can be ordered, and the page finds it again", async ({ desk }) => {
  const page = await desk.start({
    name: "lost",
    children: [agent("counter", COUNTING), agent("idle", "exec sleep 600")],
  });
  const { port } = new URL(desk.app.url);
  const terminal = await openTerminal(page, "lost/counter");
  await untilScreen(terminal, "line-3");
  await desk.app.kill("SIGKILL");
  const banner = page.getByText(/Signalbox does not answer since/);
  await expect(banner).toBeVisible();
  await expect(page.getByRole("contentinfo", { name: "Status" })).toContainText("Core not reachable");
  await untilScreen(terminal, "line-3");
  await goTo(page, "Tree");
  await row(page, /^idle, /).click();
  await expect(page.getByRole("complementary").getByRole("button", { name: "Pause" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Add agent" })).toBeDisabled();
  await expect(page.locator(".main-page")).toHaveClass(/stale/);
  await openTerminal(page, "lost/counter");

  await desk.serve({ args: ["--port", port] });
  await expect(banner).toHaveCount(0);
  await expect(page.getByRole("contentinfo", { name: "Status" })).toContainText("Headless core");
  const shown = await untilScreen(terminal, /line-\d+\n(?:.*\n)*line-1\d/);
  const numbers = [...shown.matchAll(/^line-(\d+)$/gm)].map((match) => Number(match[1]));
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
  expect(desk.app).toBeInstanceOf(LiveApp);
  await goTo(page, "Tree");
  await row(page, /^idle, /).click();
  await expect(page.getByRole("complementary").getByRole("button", { name: "Pause" })).toBeEnabled();
  desk.forgive(/ERR_CONNECTION_REFUSED|WebSocket connection/);
});
