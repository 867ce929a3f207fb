import { homedir } from "node:os";
import { expect, test } from "vitest";
import { readNatsAddress, readNatsCredentials } from "./natsAddress.ts";
import { isNewEnough } from "./natsConnect.ts";
import { warningOf } from "./natsDurability.ts";

test("an address is read with its default port, and shown without its credentials", () => {
  const read = readNatsAddress("nats://ann:s3cret@lab.example,nats://lab2.example:4333");
  expect(read).toMatchObject({
    ok: true,
    value: {
      servers: ["lab.example:4222", "lab2.example:4333"],
      shown: "nats://lab.example:4222,nats://lab2.example:4333",
      isTls: false,
    },
  });
  expect(JSON.stringify(read)).not.toContain("s3cret");
});

test.each(["", "http://lab:4222", "nats://", "nats://la b:4222", "nats://lab:99999"])(
  "%j is no NATS address, and the refusal shows one",
  (text) => {
    expect(readNatsAddress(text)).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: expect.stringContaining("nats://nats.example:4222") },
    });
  },
);

test("a path of credentials that begins with ~ is one of the person's own folder", async () => {
  expect(await readNatsCredentials("~/no such folder/lab.creds")).toMatchObject({
    ok: false,
    error: { code: "not_found", message: expect.stringContaining(`${homedir()}/no such folder/lab.creds`) },
  });
});

test.each([
  ["2.9.10", false],
  ["2.10.0", true],
  ["2.10.0-RC.1", true],
  ["2.12.1", true],
  ["3.0.0", true],
  ["1.99.0", false],
  ["unknown", false],
])("server %s is new enough for a fleet: %s", (version, isEnough) => {
  expect(isNewEnough(version)).toBe(isEnough);
});

test("a server that acknowledges before it writes is warned of; one that always writes first is not", () => {
  const varz = (config: object): unknown => ({ data: { jetstream: { config } } });
  expect(warningOf(varz({ sync_always: true }))).toBeUndefined();
  expect(warningOf(varz({ sync_interval: 120_000_000_000 }))).toContain("a power failure loses them");
  expect(warningOf({})).toContain("does not say");
});
