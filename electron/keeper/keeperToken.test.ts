import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { KEEPER_TOKEN_FILE } from "#shared/rpc/keeperFiles.ts";
import { readOrMakeToken } from "./keeperToken.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "token-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

it("makes one secret per data directory, private, the same for keepers that start at once", async () => {
  const tokens = await Promise.all([readOrMakeToken(dir), readOrMakeToken(dir)]);
  expect(tokens[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(tokens[1]).toBe(tokens[0]);
  expect(await readOrMakeToken(dir)).toBe(tokens[0]);
  expect(statSync(join(dir, KEEPER_TOKEN_FILE)).mode & 0o777).toBe(0o600);
});

it.each(["", "0123", "\0".repeat(64)])("replaces what a power cut left of it: %j", async (left) => {
  await readOrMakeToken(dir);
  writeFileSync(join(dir, KEEPER_TOKEN_FILE), left);
  const token = await readOrMakeToken(dir);
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(join(dir, KEEPER_TOKEN_FILE), "utf8")).toBe(token);
});
