/** Who the headless server lets in, request by request: every refusal is a whole HTTP answer of the 4xx kind. */
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createHttpServer } from "#rpc/transports/http.ts";
import type { HttpServer } from "#rpc/transports/http.ts";
import { fileTokenStore } from "#rpc/transports/fileTokenStore.ts";
import { within } from "#test/support/deadline.ts";
import { fakeHandlers, keptLog } from "#test/support/fakeHandlers.ts";
import { expect4xx, rawRequest, upgradeLines } from "./rawHttp.ts";
import type { Answer } from "./rawHttp.ts";
import { SERVE } from "./transports.ts";

let dir: string;
let server: HttpServer;
let token: string;
let timeMs = 0;

async function start(): Promise<HttpServer> {
  const result = await createHttpServer({
    port: 0,
    rendererDir: join(dir, "page"),
    handlers: fakeHandlers(),
    serve: SERVE,
    tokens: fileTokenStore(join(dir, "tokens.json")),
    logger: keptLog(),
    now: () => timeMs,
  });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "signalbox-http-"));
  mkdirSync(join(dir, "page", "assets"), { recursive: true });
  writeFileSync(join(dir, "page", "index.html"), "<!doctype html><title>Signalbox</title>");
  writeFileSync(join(dir, "page", "assets", "app-1.js"), "export {};");
  writeFileSync(join(dir, "page", ".hidden.html"), "hidden");
  writeFileSync(join(dir, "secret.txt"), "secret");
  symlinkSync(join(dir, "secret.txt"), join(dir, "page", "link.txt"));
  server = await start();
  token = (await exchange(codeOf(server))).token ?? "";
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  timeMs += 60_000;
});

function codeOf(of: HttpServer): string {
  const { url, expiresInS } = of.mintCode();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=[\w-]{22}$/);
  expect(expiresInS).toBe(300);
  return new URL(url).hash.slice("#code=".length);
}

/** Over TCP to the server under test. */
function raw(lines: readonly string[], options: { body?: string } = {}): Promise<Answer> {
  return rawRequest(connect(server.port, "127.0.0.1"), lines, options.body);
}

function host(): string {
  return `Host: 127.0.0.1:${server.port}`;
}
function upgrade(path: string, extra: readonly string[], hostLine = host()): string[] {
  return upgradeLines(path, [hostLine, ...extra]);
}
function withToken(): string {
  return `Sec-WebSocket-Protocol: signalbox.v1, token.${token}`;
}

async function exchange(
  code: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; token?: string }> {
  const response = await fetch(`${server.url}/auth/exchange`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ code }),
  });
  return { status: response.status, ...((await response.json()) as { token?: string }) };
}

describe("requests", () => {
  it("serves the page to anybody on this machine, with every protective header and none of CORS", async () => {
    const answer = await raw(["GET / HTTP/1.1", host()]);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
    });
    const policy = answer.headers["content-security-policy"];
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain("unsafe-eval");
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(answer.headers["set-cookie"]).toBeUndefined();
    const head = await fetch(`${server.url}/assets/app-1.js`, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  });

  it.each([
    ["localhost", 200],
    ["127.0.0.1", 200],
    ["[::1]", 200],
    ["LOCALHOST", 200],
    ["evil.example", 403],
    ["0.0.0.0", 403],
    ["localhost.evil.example", 403],
    ["127.0.0.1.nip.io", 403],
    ["[::ffff:127.0.0.1]", 403],
  ])("Host %s answers %i on the page, on the API only ever less", async (name, status) => {
    const line = `Host: ${name}:${server.port}`;
    expect((await raw(["GET / HTTP/1.1", line])).status).toBe(status);
    const health = await raw(["GET /healthz HTTP/1.1", line, `Authorization: Bearer ${token}`]);
    expect(health.status).toBe(status);
    const upgraded = await raw(upgrade("/rpc", [withToken()], line));
    expect(upgraded.status).toBe(status === 200 ? 101 : 403);
  });

  it.each([
    ["no Host", []],
    ["a Host without our port", ["Host: localhost"]],
    ["a Host with another port", ["Host: localhost:1"]],
    ["two Hosts", ["Host: localhost:1", "Host: evil.example"]],
    ["an empty Host", ["Host:"]],
    ["a forwarded Host", ["Host: evil.example", "X-Forwarded-Host: localhost"]],
  ])("refuses %s, upgrade or not", async (_name, lines) => {
    for (const start of ["GET / HTTP/1.1", "GET /healthz HTTP/1.1"]) expect4xx(await raw([start, ...lines]));
    expect4xx(await raw(upgrade("/rpc", [withToken(), ...lines.slice(1)], lines[0] ?? "X-None: 1")));
  });

  it.each([
    ["Origin: null"],
    ["Origin: https://evil.example"],
    ["Origin: http://localhost"],
    ["Origin: http://localhost:1"],
    ["Origin: https://localhost:PORT"],
    ["Origin: http://evil.example:PORT"],
    ["Origin: http://localhost:PORT.evil.example"],
    ["Origin: file://"],
    ["Origin:"],
    ["Sec-Fetch-Site: cross-site"],
    ["Sec-Fetch-Site: same-site"],
  ])("refuses %s on every route and on upgrades", async (template) => {
    const line = template.replace("PORT", String(server.port));
    const auth = `Authorization: Bearer ${token}`;
    const code = codeOf(server);
    const body = JSON.stringify({ code });
    const post = [
      "POST /auth/exchange HTTP/1.1",
      host(),
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
    ];
    expect((await raw([...post, line], { body })).status).toBe(403);
    expect((await raw(["GET /healthz HTTP/1.1", host(), auth, line])).status).toBe(403);
    expect((await raw(["GET / HTTP/1.1", host(), line])).status).toBe(403);
    expect((await raw(upgrade("/rpc", [withToken(), line]))).status).toBe(403);
    expect((await exchange(code)).status).toBe(200);
  });

  it("lets a person follow a link from elsewhere to the page, and only that", async () => {
    const link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"];
    expect((await raw(["GET / HTTP/1.1", host(), ...link, "Sec-Fetch-Dest: document"])).status).toBe(200);
    expect((await raw(["GET / HTTP/1.1", host(), ...link, "Sec-Fetch-Dest: iframe"])).status).toBe(403);
    expect((await raw(["GET /healthz HTTP/1.1", host(), ...link, "Sec-Fetch-Dest: document"])).status).toBe(403);
  });

  it("accepts our own origin", async () => {
    const lines = [`Origin: http://127.0.0.1:${server.port}`, "Sec-Fetch-Site: same-origin"];
    expect((await raw(["GET /healthz HTTP/1.1", host(), `Authorization: Bearer ${token}`, ...lines])).status).toBe(200);
    expect((await raw(upgrade("/rpc", [withToken(), ...lines]))).status).toBe(101);
  });

  it("treats absolute-form targets like any other", async () => {
    const port = server.port;
    expect((await raw([`GET http://localhost:${port}/ HTTP/1.1`, host()])).status).toBe(200);
    expect((await raw(["GET http://evil.example/ HTTP/1.1", host()])).status).toBe(403);
    expect((await raw([`GET http://localhost:${port}/ HTTP/1.1`, "Host: evil.example"])).status).toBe(403);
    expect((await raw([`GET http://localhost:${port}/healthz HTTP/1.1`, host()])).status).toBe(401);
    expect((await raw([`GET http://user@localhost:${port}/ HTTP/1.1`, host()])).status).toBe(403);
    expect4xx(await raw([`GET https://localhost:${port}/ HTTP/1.1`, host()]));
    expect((await raw(upgrade("http://evil.example/rpc", [withToken()]))).status).toBe(403);
    expect((await raw(upgrade(`http://localhost:${port}/rpc`, []))).status).toBe(401);
    expect4xx(await raw([`CONNECT localhost:${port} HTTP/1.1`, host()]));
    expect4xx(await raw(["OPTIONS * HTTP/1.1", host()]));
  });

  it.each([
    ["/healthz", 401],
    ["/rpc", 401],
    ["/nothing", 401],
    ["/api/tree", 401],
    ["/.hidden.html", 401],
    ["/link.txt", 401],
    ["/../secret.txt", 401],
    ["/%2e%2e/secret.txt", 401],
    ["/assets/..%2f..%2fsecret.txt", 401],
    ["/assets//app-1.js", 401],
    ["/%", 400],
    [`/healthz?token=TOKEN`, 401],
  ])("needs a token for %s", async (path, status) => {
    const target = path.replace("TOKEN", token);
    expect((await raw([`GET ${target} HTTP/1.1`, host()])).status).toBe(status);
    const known = await raw([`GET ${target} HTTP/1.1`, host(), `Authorization: Bearer ${token}`]);
    expect(known.status).toBe(
      known.body.includes('"version"') ? 200 : status === 400 ? 400 : path === "/rpc" ? 426 : 404,
    );
    expect(known.body).not.toContain("hidden");
    expect(known.body).not.toContain("secret");
  });

  it.each(["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"])("knows no %s on the page", async (method) => {
    const answer = await raw([`${method} / HTTP/1.1`, host(), "Content-Length: 0"]);
    expect(answer.status).toBe(405);
    expect(answer.headers["allow"]).toBe("GET, HEAD");
  });

  it("answers garbage, smuggling and oversize headers with 4xx and lives on", async () => {
    expect4xx(await raw(["NONSENSE"]));
    expect4xx(
      await raw(["POST /auth/exchange HTTP/1.1", host(), "Content-Length: 3", "Transfer-Encoding: chunked"], {
        body: "0\r\n\r\n",
      }),
    );
    expect((await raw(["GET / HTTP/1.1", host(), `X-Long: ${"x".repeat(20_000)}`])).status).toBe(431);
    expect((await raw(["GET / HTTP/1.1", host()])).status).toBe(200);
  });
});

describe("upgrades", () => {
  it.each([
    ["no token", "/rpc", "Sec-WebSocket-Protocol: signalbox.v1", 401],
    ["no subprotocol", "/rpc", "X-None: 1", 401],
    ["a wrong token", "/rpc", `Sec-WebSocket-Protocol: signalbox.v1, token.${"A".repeat(43)}`, 401],
    ["two tokens", "/rpc", "Sec-WebSocket-Protocol: signalbox.v1, token.TOKEN, token.TOKEN", 401],
    ["the token without the protocol", "/rpc", "Sec-WebSocket-Protocol: token.TOKEN", 400],
    ["the token in the URL", "/rpc?token=TOKEN", "Sec-WebSocket-Protocol: signalbox.v1", 401],
    ["the token in a cookie", "/rpc", "Cookie: token=TOKEN", 401],
    ["another path", "/", "Sec-WebSocket-Protocol: signalbox.v1, token.TOKEN", 401],
    ["claimed roles", "/rpc", "X-Role: admin", 401],
  ])("refuses %s", async (_name, path, line, status) => {
    const answer = await raw(upgrade(path.replace("TOKEN", token), [line.replaceAll("TOKEN", token)]));
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
  });

  it("upgrades to nothing but WebSocket, by GET", async () => {
    const lines = upgrade("/rpc", [withToken()]);
    expect4xx(await raw(lines.map((line) => (line === "Upgrade: websocket" ? "Upgrade: h2c" : line))));
    expect4xx(await raw(lines.map((line) => line.replace(/^GET/, "POST"))));
    expect4xx(await raw(lines.map((line) => line.replace("Version: 13", "Version: 7"))));
  });

  it("never shows the token to the client's protocol", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, ["signalbox.v1", `token.${token}`]);
    await within("it opens", new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject)));
    expect(socket.protocol).toBe("signalbox.v1");
    expect(socket.extensions).toBe("");
    socket.terminate();
  });
});

describe("the one-time exchange", () => {
  it("works once", async () => {
    const code = codeOf(server);
    const first = await exchange(code);
    expect(first).toEqual({ status: 200, token: expect.stringMatching(/^[\w-]{43}$/) });
    expect((await exchange(code)).status).toBe(401);
  });

  it("works for five minutes", async () => {
    const late = codeOf(server);
    const early = codeOf(server);
    timeMs += 299_000;
    expect((await exchange(early)).status).toBe(200);
    timeMs += 2_000;
    expect((await exchange(late)).status).toBe(401);
  });

  it.each([
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data; boundary=x", 415],
    ["application/json; charset=utf-8", 200],
  ])("content type %s answers %i", async (type, status) => {
    expect((await exchange(codeOf(server), { "content-type": type })).status).toBe(status);
  });

  it.each([[7], [["a"]], [{ $ne: "" }], [""], [null]])("refuses the code %j", async (code) => {
    expect((await exchange(code)).status).toBe(400);
  });

  it("refuses a large body and a missing one", async () => {
    expect((await exchange("x".repeat(10_000))).status).toBe(413);
    expect4xx(
      await raw(["POST /auth/exchange HTTP/1.1", host(), "Content-Type: application/json", "Content-Length: 0"]),
    );
    expect((await raw(["GET /auth/exchange HTTP/1.1", host()])).status).toBe(405);
  });

  it("throttles guessing from any address and forgives in time", async () => {
    const code = codeOf(server);
    const statuses: number[] = [];
    for (let index = 0; index < 40; index++) statuses.push((await exchange(`guess-${index}`)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), ...Array<number>(30).fill(429)]);
    expect((await exchange(code, { "x-forwarded-for": "10.0.0.1" })).status).toBe(429);
    timeMs += 30_000;
    expect((await exchange(code)).status).toBe(200);
  });

  it("throttles guessing of tokens without locking out who has one", async () => {
    const statuses = new Set<number>();
    for (let index = 0; index < 40; index++) {
      statuses.add((await raw(upgrade("/rpc", [`Sec-WebSocket-Protocol: signalbox.v1, token.guess${index}`]))).status);
    }
    expect([...statuses]).toEqual([401, 429]);
    expect((await raw(upgrade("/rpc", [withToken()]))).status).toBe(101);
  });

  it("gives every browser its own token, and knows them after a restart; only digests are kept, for the owner's eyes", async () => {
    const second = (await exchange(codeOf(server))).token;
    expect(second).not.toBe(token);
    const again = await start();
    for (const each of [token, second]) {
      const response = await fetch(`${again.url}/healthz`, { headers: { authorization: `Bearer ${each}` } });
      expect(response.status).toBe(200);
    }
    await again.close();
    expect(statSync(join(dir, "tokens.json")).mode & 0o777).toBe(0o600);
  });
});

describe("where it listens", () => {
  it("refuses every address but loopback", async () => {
    for (const address of ["0.0.0.0", "::", "192.168.1.1", "example.com"]) {
      const result = await createHttpServer({
        port: 0,
        host: address,
        rendererDir: dir,
        handlers: fakeHandlers(),
        serve: SERVE,
        tokens: { load: () => [], save: () => {} },
        logger: keptLog(),
      });
      expect(result).toMatchObject({ ok: false, error: { code: "forbidden" } });
    }
  });

  it("says that a port is taken", async () => {
    const result = await createHttpServer({
      port: server.port,
      rendererDir: dir,
      handlers: fakeHandlers(),
      serve: SERVE,
      tokens: { load: () => [], save: () => {} },
      logger: keptLog(),
    });
    expect(result).toMatchObject({
      ok: false,
      error: { code: "conflict", message: expect.stringContaining("--port 0") },
    });
  });
});

describe("hundreds of connections that say nothing", () => {
  it("never keep the page out: the quietest goes first, and an open window stays", async () => {
    const own = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, ["signalbox.v1", `token.${token}`]);
    await within("the window", new Promise((resolve) => own.once("open", resolve)));
    const idle = Array.from({ length: 300 }, () => connect(server.port, "127.0.0.1"));
    try {
      for (const socket of idle) socket.on("error", () => undefined);
      await within(
        "the connections",
        Promise.all(idle.map((one) => new Promise((resolve) => one.once("connect", resolve)))),
      );
      for (let round = 0; round < 5; round += 1) {
        const answer = await rawRequest(connect(server.port, "127.0.0.1"), [
          "GET / HTTP/1.1",
          `Host: 127.0.0.1:${server.port}`,
        ]);
        expect(answer.status).toBe(200);
      }
      expect(own.readyState).toBe(WebSocket.OPEN);
    } finally {
      for (const socket of idle) socket.destroy();
      own.terminate();
    }
  });
});
