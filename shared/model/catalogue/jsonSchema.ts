/** JSON Schema, draft 2020-12, of what a speaker must say. */
import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  // What zod cannot express (a refinement) is checked by the reader all the same.
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}
