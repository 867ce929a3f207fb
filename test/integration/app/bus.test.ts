/** The bus in the running app, through the command line: what was acknowledged is there after kill -9, and is known again. */
import { expect, it } from "vitest";
import { runCli } from "#test/support/liveApp.ts";
import { liveSuite } from "#test/support/liveSuite.ts";

const live = liveSuite();

it("keeps what it acknowledged over kill -9, and knows a message id again", { timeout: 180_000 }, async () => {
  const app = await live.serve();
  const bus = async (...args: readonly string[]) => runCli(app.dataDir, "bus", ...args);
  const publish = (id: string) => bus("pub", "msg.shop.all", '{"hello":"all"}', "--msg-id", id, "--json");
  expect(JSON.parse((await publish("first")).stdout)).toEqual({ stream: "MESSAGES", seq: 1, duplicate: false });
  await app.kill("SIGKILL");
  await live.serve();
  expect(JSON.parse((await publish("first")).stdout)).toEqual({ stream: "MESSAGES", seq: 1, duplicate: true });
  const read = await bus("read", "MESSAGES", "--json");
  expect(JSON.parse(read.stdout)).toMatchObject({
    seq: 1,
    subject: "msg.shop.all",
    data: '{"hello":"all"}',
    headers: { "Nats-Msg-Id": ["first"] },
  });
  const nobody = await bus("request", "tool.nobody", "{}");
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("no_responders")]);
  const reserved = await bus("pub", "ws.shop.agent.api.exited", "{}");
  expect([reserved.code, reserved.stderr]).toEqual([1, expect.stringContaining("forbidden")]);
  expect((await bus("ls")).stdout).toContain("EVENTS");
});
