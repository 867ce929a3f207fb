import { describe, expect, it } from "vitest";
import { entries } from "../model/catalogue/catalogue.ts";
import { FAMILIES } from "../model/catalogue/entry.ts";
import { everyMessage, messagesNamed } from "./catalogue.ts";
import { contract } from "./index.ts";

const messages = everyMessage();

describe("the catalogue of everything spoken", () => {
  it("has each message once, under one name and kind", () => {
    const seen = messages.map(([name, { kind }]) => `${kind} ${name}`);
    expect(seen.filter((one, index) => seen.indexOf(one) !== index)).toEqual([]);
    expect(seen.length).toBeGreaterThan(120);
    expect(entries().length).toBeGreaterThan(50);
  });

  it("has every command, query and stream of the contract, with a purpose (shared/contract/purposes.ts)", () => {
    const { commands, queries, streams } = contract;
    const names = [...Object.keys(commands), ...Object.keys(queries)];
    for (const name of [...names, ...Object.keys(streams).map((stream) => `stream.${stream}`)])
      expect(messagesNamed(name), name).not.toEqual([]);
    expect(messages.filter(([, { purpose }]) => purpose === "").map(([name]) => name)).toEqual([]);
  });

  it.each(messages)(
    "%s says in one line what it is for, who speaks it, and gives an example that fits",
    (name, entry) => {
      expect(entry.purpose).toMatch(/^[A-Z].*\.$/);
      expect(entry.purpose.length).toBeLessThan(140);
      expect(entry.spokenBy).toMatch(/^[A-Z].*\.$/);
      expect(entry.schema.safeParse(entry.example)).toMatchObject({ success: true });
      expect(name).toMatch(/^[a-z]\w*(\.[a-z]\w*)+$/i);
    },
  );

  it("has a message of every family the issue names", () => {
    const spoken = new Set(messages.map(([, { family }]) => family));
    const silent = FAMILIES.filter((family) => !spoken.has(family));
    expect(silent).toEqual([]);
  });
});
