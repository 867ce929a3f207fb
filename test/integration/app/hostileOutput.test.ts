/** What an agent prints is its own affair: whatever it is, it stays in its terminal, and the session next door notices nothing. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually } from "#test/support/deadline.ts";
import { rssMb, type LiveApp } from "#test/support/liveApp.ts";
import { agent, keeperPid, liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();

/** Node source: everything a terminal may be sent to harm who looks at it, then a word that says it is through. */
const HOSTILE = String.raw`
const out = (text) => process.stdout.write(text, "latin1");
out("\x1b]52;c;" + Buffer.from("rm -rf ~").toString("base64") + "\x07\x1b]52;c;?\x07");
out("\x1b]0;fake\ntitle\x1b[2J\x07\x1b]2;" + "t".repeat(1 << 20) + "\x07\x1b[21t\x1b[20t");
out("\x1b]7501;state=blocked;message=" + "m".repeat(1 << 20) + "\x07\x1b]7501;state=idle;message=\x1b[31mred\n\x07");
out("\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07\x1b]9;" + "n".repeat(1 << 20) + "\x07\x1b]777;notify;a;b\x07");
out("\x1b[" + "9".repeat(1 << 20) + "m\x1b[" + "1;".repeat(1 << 19) + "H\x1b[999999999A\x1b[2147483648@");
out("\x1b[?1049h\x1b[?2004h\x1b[?1000h\x1b[?1003h\x1b[?25l\x1b[6n\x1b[c\x1b[>c\x1b[=c\x1b[?u\x1b[x\x1bZ\x05");
for (let byte = 0; byte < 256; byte++) for (const tail of ["", "[", "]", "P", "(", "#", " "]) out("\x1b" + tail + String.fromCharCode(byte));
out("\x1b\\\x18\xff\xfe\xc0\x80\xed\xa0\x80\xf8\x88\x80\x80\x80\x18");
out("\x1bP" + "q".repeat(2 << 20) + "\x18\x1b_" + "a".repeat(1 << 20) + "\x18\x1bc\r\n");
out("x\n".repeat(1_000_000));
process.stdout.write("\x1bc\r\nthrough-it-all\r\n", () => require("node:fs").writeFileSync("through", ""));
process.stdin.on("data", (bytes) => out("<" + bytes.toString("hex") + ">"));
`;

async function echoed(app: LiveApp, word: string): Promise<number> {
  const sentAt = performance.now();
  await app.cli("send", "next", word);
  await eventually(`${word} comes back`, async () => {
    const { stdout } = await app.cli("logs", "next");
    return stdout.split(word).length > 2;
  });
  return performance.now() - sentAt;
}

it("harms nobody: no clipboard, no title, no fabricated state; bounded memory; sizes of any kind", async () => {
  const app = await live.serve();
  await writeFile(join(live.dir, "hostile.cjs"), HOSTILE);
  await live.up(app, {
    name: "loud",
    children: [agent("next", "exec cat"), agent("hostile", "sleep 1; exec node hostile.cjs")],
  });
  const keeper = await keeperPid(live.dir);
  await echoed(app, "before");
  const before = { core: rssMb(app.pid), keeper: rssMb(keeper) };
  await echoed(app, "meanwhile");
  await eventually("it is through", () => existsSync(join(live.dir, "through")), 90_000);

  const node = await app.node("hostile");
  // OSC 7501 is the program's own word about itself; everything else it printed is none.
  expect(["busy", "idle"]).toContain(node.state);
  expect(node.detail ?? "").not.toMatch(/\p{Cc}/u);
  expect(JSON.stringify(node).length).toBeLessThan(8_000);
  const { stdout: tree } = await app.cli("tree");
  expect(tree).not.toMatch(/[^\P{Cc}\n]/u);
  const { stdout: events } = await app.cli("events", "--json");
  expect(events.length).toBeLessThan(200_000);

  const client = await live.client(app);
  const { sessionId = "" } = node;
  for (const [cols, rows] of [
    [65_535, 65_535],
    [1, 1],
    [65_535, 1],
    [1, 65_535],
    [120, 40],
  ] as const)
    expect(await client.command("session.resize", { sessionId, cols, rows })).toMatchObject({ ok: true });
  for (const [cols, rows] of [
    [0, 40],
    [65_536, 40],
    [80.5, 24],
  ] as const)
    expect(await client.command("session.resize", { sessionId, cols, rows })).toMatchObject({
      ok: false,
      error: { code: "bad_request" },
    });
  await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      client.command("session.resize", { sessionId, cols: 20 + (index % 200), rows: 5 + (index % 90) }),
    ),
  );
  await echoed(app, "after");
  // What it asked was answered to it alone, and never with what it had printed itself.
  expect((await app.cli("logs", "hostile")).stdout).not.toContain(Buffer.from("fake").toString("hex"));
  expect(rssMb(app.pid) - before.core).toBeLessThan(300);
  expect(rssMb(keeper) - before.keeper).toBeLessThan(100);
});
