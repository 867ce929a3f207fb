/** Who gets in, tried with a real browser: links, strangers, other origins, sandboxed frames, rebound names, inline script. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium } from "@playwright/test";
import { agent, expect, goTo, LIVES, stranger, test, type Page } from "./desk.ts";

/** What a page elsewhere gets of the app: how the upgrade, the exchange and reading the page end. */
function attack(page: Page, url: string, code: string): Promise<readonly string[]> {
  return page.evaluate(
    async ({ base, secret }) => {
      const socket = await new Promise<string>((resolve) => {
        const ws = new WebSocket(base.replace("http", "ws") + "rpc", ["signalbox.v1", "token.guess"]);
        ws.addEventListener("open", () => resolve("open"));
        ws.addEventListener("close", () => resolve("refused"));
      });
      const said = (name: string, work: Promise<Response>): Promise<string> =>
        work.then(
          (response) => `${name} ${response.type} ${response.status}`,
          () => `${name} refused`,
        );
      const body = JSON.stringify({ code: secret });
      return [
        socket,
        await said("plain", fetch(`${base}auth/exchange`, { method: "POST", mode: "no-cors", body })),
        await said(
          "json",
          fetch(`${base}auth/exchange`, { method: "POST", headers: { "content-type": "application/json" }, body }),
        ),
        await said("page", fetch(base)),
      ];
    },
    { base: url, secret: code },
  );
}

const INNER = `<script>
  const ws = new WebSocket("ws://HOST/rpc", ["signalbox.v1", "token.guess"]);
  ws.onopen = () => parent.postMessage("open", "*");
  ws.onclose = () => parent.postMessage("refused by origin " + origin, "*");
</script>`;

test("links work once, strangers and other origins stay outside", async ({ desk, context }) => {
  const page = await desk.start({ name: "safe", children: [agent("one", LIVES)] });
  const { origin } = new URL(desk.app.url);
  const base = `${origin}/`;
  expect(new URL(page.url()).hash).toBe("");
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  // The code is spent; a browser without a token is told what to do.
  const other = await stranger(context);
  await other.goto(desk.app.url);
  await expect(other.getByRole("heading", { name: "This browser needs a new link" })).toBeVisible();
  await other.goto(base);
  await expect(other.getByRole("main")).toContainText("$ signalbox open");
  const opened = await desk.app.cli("open", "--json");
  const link = /http:\S+#code=[\w-]+/.exec(opened.stdout)?.[0] ?? "";
  await other.goto(link);
  await expect(other.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();

  const fresh = /#code=([\w-]+)/.exec((await desk.app.cli("open", "--json")).stdout)?.[1] ?? "";
  const elsewhere = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<title>elsewhere</title>");
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  desk.defer(() => elsewhere.close());
  const evil = await stranger(context);
  const { port } = elsewhere.address() as AddressInfo;
  await evil.goto(`http://localhost:${port}/`);
  expect(await attack(evil, base, fresh)).toEqual([
    "refused",
    expect.stringMatching(/^plain (opaque 0|refused)$/),
    "json refused",
    "page refused",
  ]);
  const framed = await evil.evaluate(
    async (inner) => {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts");
      frame.srcdoc = inner;
      const said = new Promise((resolve) =>
        addEventListener("message", (event) => resolve(event.data), { once: true }),
      );
      document.body.append(frame);
      return said;
    },
    INNER.replace("HOST", new URL(base).host),
  );
  expect(framed).toBe("refused by origin null");
  // Nothing of that has spent the code.
  const late = await stranger(context);
  await late.goto(`${base}#code=${fresh}`);
  await expect(late.getByRole("heading", { level: 1, name: "Home" })).toBeVisible();
  for (const one of [other, evil, late]) await one.context().close();

  const blocked = await page.evaluate(async () => {
    const violation = new Promise<string>((resolve) =>
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), {
        once: true,
      }),
    );
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = true";
    document.head.append(script);
    return [await violation, "ran" in globalThis];
  });
  expect(blocked).toEqual(["script-src-elem", false]);
  desk.forgive(/Content Security Policy|inline script/i);
});

test("a rebound name is refused, and no page logs an error", async ({ desk, launchOptions }) => {
  const page = await desk.start({ name: "safe", children: [agent("one", LIVES)] });
  const { port } = new URL(desk.app.url);
  const browser = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
  });
  desk.defer(() => browser.close());
  const rebound = await browser.newPage();
  const answer = await rebound.goto(`http://rebound.example:${port}/`);
  expect(answer?.status()).toBe(403);
  expect(await attack(rebound, `http://rebound.example:${port}/`, "x")).toEqual([
    "refused",
    expect.stringMatching(/403|refused/),
    expect.stringMatching(/403|refused/),
    "page basic 403",
  ]);
  for (const name of ["Home", "Inbox", "Tree", "Terminals", "Sessions", "Events", "Settings"]) {
    await goTo(page, name);
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  }
});
