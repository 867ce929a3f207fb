/** Secrets of servers in the running app: what is written out is refused and stands nowhere afterwards, a reference works. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectSqlite } from "#platform/sqlite.ts";
import { eventually } from "#test/support/deadline.ts";
import { freshDataDir, LiveApp } from "#test/support/liveApp.ts";
import { serveHttp } from "./httpServer.ts";
import type { HttpToolServer } from "./httpServer.ts";

const PATIENCE = 60_000;
/** Written out by a person; of no known shape, so that only what refuses it can keep it out. */
const LITERAL = "swordfish-that-nobody-stores";
/** In the person's environment; of no known shape either. */
const TOKEN = "clownfish-of-the-person-only";

let data: Awaited<ReturnType<typeof freshDataDir>>;
let place: string;
let http: HttpToolServer;
let app: LiveApp;

const serve = () =>
  LiveApp.start({
    dataDir: data.dir,
    env: { ...process.env, HOME: join(place, "home"), PRICES_TOKEN: TOKEN },
  });

beforeEach(async () => {
  data = await freshDataDir();
  place = await mkdtemp(join(tmpdir(), "signalbox-person-"));
  await mkdir(join(place, "home"));
  http = await serveHttp(0);
  app = await serve();
}, PATIENCE);
afterEach(async () => {
  await app.kill();
  await data.end();
  await http.close();
  await rm(place, { recursive: true, force: true });
}, PATIENCE);

/** Files of the data directory, database and its log included, that hold the text. */
async function filesWith(text: string): Promise<readonly string[]> {
  const entries = await readdir(data.dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const holding = await Promise.all(files.map(async (file) => ((await readFile(file)).includes(text) ? [file] : [])));
  return holding.flat();
}

async function fleetFile(bearer: string): Promise<string> {
  const file = join(place, "shop.yaml");
  const headers = `{ Authorization: "Bearer ${bearer}" }`;
  const lines = [
    "version: 1",
    "name: shop",
    "servers:",
    `  - { id: prices, url: "${http.url}", headers: ${headers} }`,
    "children: []",
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

const greet = (server: string) => app.cli("tools", "call", server, "greet", '{"name":"Ada"}');

describe("a secret of a server", { timeout: PATIENCE }, () => {
  it("that is written out is refused by both ways in, and stands nowhere; a reference reaches the server and is all that is stored", async () => {
    const add = (bearer: string) =>
      app.cli("tools", "add", "prices", "--url", http.url, "--header", `Authorization=Bearer ${bearer}`);
    const added = await add(LITERAL);
    expect(added.code).toBe(1);
    expect(added.stderr).toContain("write ${PRICES_TOKEN} in its place");
    const file = await fleetFile(LITERAL);
    const upped = await app.cli("up", file);
    expect(upped.code).toBe(1);
    expect(upped.stderr).toContain(`${file}:4:`);
    expect(upped.stderr).toContain("The header Authorization of prices holds a secret itself");
    expect(added.stderr + upped.stderr).not.toContain(LITERAL);

    expect(await add("${PRICES_TOKEN}")).toMatchObject({ code: 0 });
    expect(await app.cli("tools", "verify", "prices")).toMatchObject({ code: 0 });
    await fleetFile("${PRICES_TOKEN}");
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    for (const server of ["prices", "shop/prices"])
      await eventually(`an answer of ${server}`, async () => (await greet(server)).stdout === "Hello Ada\n");
    expect(new Set(http.keys)).toEqual(new Set([`Bearer ${TOKEN}`]));

    // A server that quotes its key when it fails, as many do; given by argument, which takes references, too.
    const script = "const [, key] = process.argv; console.error(`${key} is no key of ${key.length}`); process.exit(3)";
    await app.cli("tools", "add", "quoting", "--", process.execPath, "-e", script, "${PRICES_TOKEN}");
    const failed = await app.cli("tools", "verify", "quoting");
    expect(failed.stderr).toContain(`\${PRICES_TOKEN} is no key of ${TOKEN.length}`);

    expect((await filesWith("${PRICES_TOKEN}")).length).toBeGreaterThan(0);
    for (const secret of [LITERAL, TOKEN]) expect(await filesWith(secret)).toEqual([]);
    await app.kill("SIGTERM");
    for (const secret of [LITERAL, TOKEN]) expect(await filesWith(secret)).toEqual([]);
  });

  it("that an earlier version stored goes on working, is warned about, and is gone from the rows once that was followed", async () => {
    const file = await fleetFile("${PRICES_TOKEN}");
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    expect(
      await app.cli("tools", "add", "own", "--url", http.url, "--header", "Authorization=Bearer ${PRICES_TOKEN}"),
    ).toMatchObject({ code: 0 });
    await app.kill("SIGTERM");
    const rows = connectSqlite(join(data.dir, "signalbox.sqlite"));
    const older = `'\${PRICES_TOKEN}', '${LITERAL}'`;
    rows.exec(`UPDATE fleets SET text = replace(text, ${older}), last_good_text = replace(last_good_text, ${older});
      UPDATE tool_servers SET spec = replace(spec, ${older})`);
    rows.close();
    await fleetFile(LITERAL);
    app = await serve();

    for (const server of ["own", "shop/prices"])
      await eventually(`an answer of ${server}`, async () => (await greet(server)).stdout === "Hello Ada\n");
    expect(http.keys.at(-1)).toBe(`Bearer ${LITERAL}`);
    const shown = await app.cli("tools", "show", "shop/prices");
    expect(shown.stdout).toMatch(
      /warning: The header Authorization .*\$\{PRICES_TOKEN\} in its place in the fleet file/,
    );
    expect((await app.cli("tools", "show", "own")).stdout).toMatch(/warning: .*remove the server and add it again/);
    // Down and up again, and another line of the file: nothing new is written down.
    expect(await app.cli("down", "shop")).toMatchObject({ code: 0 });
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    await writeFile(file, `${await readFile(file, "utf8")}# looked at\n`);
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });

    await fleetFile("${PRICES_TOKEN}");
    expect(await app.cli("up", file)).toMatchObject({ code: 0 });
    expect((await app.cli("tools", "show", "shop/prices")).stdout).not.toContain("warning");
    await fleetFile(LITERAL);
    expect((await app.cli("up", file)).stderr).toContain("holds a secret itself");
    expect((await greet("shop/prices")).stdout).toBe("Hello Ada\n");
    expect(http.keys.at(-1)).toBe(`Bearer ${TOKEN}`);
    expect(await app.cli("tools", "rm", "own")).toMatchObject({ code: 0 });
    await app.kill("SIGTERM");
    const after = connectSqlite(join(data.dir, "signalbox.sqlite"));
    const left = [
      ...after.all("SELECT text, last_good_text FROM fleets", []),
      ...after.all("SELECT spec, standing FROM tool_servers", []),
    ];
    after.close();
    expect(left).toHaveLength(2);
    expect(JSON.stringify(left)).not.toContain(LITERAL);
  });
});
