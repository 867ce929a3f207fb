import { describe, expect, it } from "vitest";
import { fieldsOf, readArgs, readJsonArgs } from "./schemaForm.ts";

const SCHEMA = {
  type: "object",
  properties: {
    query: { type: "string", description: "Words" },
    limit: { type: "integer", default: 10 },
    kind: { type: "string", enum: ["person", "place"] },
    exact: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["query"],
};

describe("a form of a tool's schema", () => {
  const fields = fieldsOf(SCHEMA) ?? [];

  it("has a field of its kind for each property", () => {
    expect(fields.map(({ name, kind, isRequired, initial }) => [name, kind, isRequired, initial])).toEqual([
      ["query", "text", true, ""],
      ["limit", "number", false, "10"],
      ["kind", "choice", false, ""],
      ["exact", "switch", false, ""],
      ["tags", "json", false, ""],
    ]);
  });

  it("leaves out what is empty, and reads each kind", () => {
    expect(readArgs(fields, { query: "chair" })).toEqual({ ok: true, args: { query: "chair", limit: 10 } });
    expect(readArgs(fields, { query: "a", limit: "3", kind: "place", exact: "true", tags: '["x"]' })).toEqual({
      ok: true,
      args: { query: "a", limit: 3, kind: "place", exact: true, tags: ["x"] },
    });
  });

  it("names the field that does not fit", () => {
    expect(readArgs(fields, { query: "a", limit: "many" })).toMatchObject({ ok: false, field: "limit" });
    expect(readArgs(fields, { query: "a", tags: "x" })).toMatchObject({ ok: false, field: "tags" });
  });

  it("is JSON where the schema is no plain list of properties", () => {
    expect(fieldsOf({ oneOf: [] })).toBeUndefined();
    expect(fieldsOf({ type: "object" })).toEqual([]);
    expect(readJsonArgs('{"a":1}')).toEqual({ ok: true, args: { a: 1 } });
    expect(readJsonArgs("[1]")).toMatchObject({ ok: false });
  });
});
