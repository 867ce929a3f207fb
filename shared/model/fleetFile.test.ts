import { describe, expect, it } from "vitest";
import { z } from "zod";
import { fleetJsonSchema, parseDuration, parseSize } from "./fleetFile.ts";

const definition = z.object({
  $defs: z.object({ __schema0: z.object({ anyOf: z.array(z.record(z.string(), z.unknown())) }) }),
  properties: z.object({
    supervisor: z.object({ properties: z.object({ period: z.object({ pattern: z.string() }) }) }),
  }),
});

describe("the JSON Schema of the fleet file", () => {
  const schema = definition.parse(fleetJsonSchema());
  const [agent] = schema.$defs.__schema0.anyOf;

  it("tells an editor what the parser checks beyond types", () => {
    expect(agent?.["oneOf"]).toMatchObject([{ required: ["command"] }, { required: ["agent"] }]);
    expect(agent?.["not"]).toMatchObject({ required: ["restart", "significant"] });
    expect(JSON.stringify(agent?.["properties"])).toContain("pattern");
  });

  it("takes for a period what the parser takes, and nothing of zero", () => {
    const period = new RegExp(schema.properties.supervisor.properties.period.pattern);
    for (const text of ["1s", "60s", "1.5m", "1000ms", "2h", "1d"]) {
      expect(period.test(text), text).toBe(true);
      expect(parseDuration(text)).toBeGreaterThanOrEqual(1000);
    }
    for (const text of ["0s", "0.0m", "999ms", "soon", "60", "infinity"]) expect(period.test(text), text).toBe(false);
  });
});

it.each([
  ["512MB", 512e6],
  ["2 GB", 2e9],
  ["1.5gb", 1.5e9],
  ["2", undefined],
  ["2 GiB", undefined],
  ["-1GB", undefined],
])("%s as a size is %s", (text, bytes) => expect(parseSize(text)).toBe(bytes));
