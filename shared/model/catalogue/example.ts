/** The smallest data that a schema takes, for messages whose examples nobody wrote. */
import type { z } from "zod";
import { jsonSchemaOf } from "./jsonSchema.ts";
import type { JsonSchema } from "./jsonSchema.ts";

const FORMATS: Readonly<Record<string, string>> = {
  uuid: "6f1c2a34-9b1d-4c55-8a77-0d6f4f1f7b10",
  "date-time": "2026-11-29T00:00:00.000Z",
  uri: "https://example.org/",
};

export function exampleOf(schema: z.ZodType): unknown {
  return sample(jsonSchemaOf(schema));
}

function sample(schema: z.core.JSONSchema._JSONSchema): unknown {
  if (typeof schema === "boolean") return "anything";
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  const [word] = schema.enum ?? [];
  if (word !== undefined) return word;
  const [first] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (first !== undefined) return sample(first);
  return plain(schema);
}

function plain(schema: JsonSchema): unknown {
  switch (schema.type) {
    case "object":
      return fieldsOf(schema);
    case "array":
      return itemsOf(schema);
    case "string":
      return FORMATS[schema.format ?? ""] ?? "x".repeat(Math.max(1, schema.minLength ?? 1));
    case "number":
    case "integer":
      return numberOf(schema);
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return "anything";
  }
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema): unknown {
  const fields = Object.entries(properties).filter(([name]) => required.includes(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, sample(field)]));
}

function itemsOf({ items, minItems = 0 }: JsonSchema): unknown {
  return minItems > 0 && items !== undefined && !Array.isArray(items) ? [sample(items)] : [];
}

function numberOf({ minimum, exclusiveMinimum }: JsonSchema): number {
  const above = typeof exclusiveMinimum === "number" ? exclusiveMinimum + 1 : 0;
  return Math.max(minimum ?? 0, above, 0);
}
