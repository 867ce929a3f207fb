import { expect, it } from "vitest";
import { compileSchema } from "#platform/mcp/schemaCheck.ts";
import type { Tool } from "#shared/model/toolServer.ts";
import { SchemaShelf } from "./schemaShelf.ts";

const tool = (inputSchema: Tool["inputSchema"]): Tool => ({ name: "look", description: "", hints: [], inputSchema });

it("a schema that is none is refused with a reason, tried once, and again when the list of tools changed", async () => {
  let compiled = 0;
  const shelf = new SchemaShelf({
    compile: async (schema) => {
      compiled += 1;
      return compileSchema(schema);
    },
  });
  const broken = tool({ type: "object", properties: { a: { type: "numbr" } } });
  for (let call = 0; call < 3; call += 1)
    expect(await shelf.input(broken)).toMatchObject({
      ok: false,
      error: { code: "bad_request", message: expect.stringContaining("The schema cannot be used") },
    });
  expect(compiled).toBe(1);
  shelf.clear();
  expect(await shelf.input(tool({ type: "object" }))).toMatchObject({ ok: true });
  expect(compiled).toBe(2);
});

it("says of a tool why it cannot be called: what it takes is none, or what it answers", async () => {
  const shelf = new SchemaShelf({ compile: async (schema) => compileSchema(schema) });
  const whole = tool({ type: "object" });
  expect(await shelf.problemOf(whole)).toBeUndefined();
  const takes = { ...whole, name: "takes", inputSchema: { type: "numbr" } };
  expect(await shelf.problemOf(takes)).toMatch(/^The schema cannot be used: /);
  const answers = { ...whole, name: "answers", outputSchema: { type: "numbr" } };
  expect(await shelf.problemOf(answers)).toMatch(/^What it answers cannot be checked. The schema cannot be used: /);
});
