/** The fields of a JSON Schema in words a person reads. Pure. */
import type { JsonSchema } from "#shared/model/catalogue/jsonSchema.ts";

export interface SchemaField {
  readonly name: string;
  readonly words: string;
  readonly isRequired: boolean;
}

export function fieldsOf(schema: JsonSchema): readonly SchemaField[] {
  const { properties = {}, required = [] } = schema;
  const own = Object.entries(properties).map(([name, field]) => ({
    name,
    words: typeWords(field),
    isRequired: required.includes(name),
  }));
  const seen = new Set(own.map(({ name }) => name));
  // Of several forms the fields of all: which of them go together is said by the schema itself.
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].flatMap((form) =>
    typeof form === "boolean" ? [] : fieldsOf(form).map((field) => ({ ...field, isRequired: false })),
  );
  return [...own, ...others.filter(({ name }) => !seen.has(name) && seen.add(name).has(name))];
}

function typeWords(schema: JsonSchema | boolean): string {
  if (typeof schema === "boolean") return "anything";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((word) => JSON.stringify(word)).join(" or ");
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms !== undefined) return [...new Set(forms.map(typeWords))].join(" or ");
  return plainWords(schema);
}

function plainWords({ type, items, format }: JsonSchema): string {
  const [first = ""] = [type ?? []].flat();
  if (first === "array") return items === undefined || Array.isArray(items) ? "list" : `list of ${typeWords(items)}`;
  if (first === "string" && format !== undefined) return FORMATS[format] ?? format;
  return TYPES[first] ?? "anything";
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  object: "object",
  null: "null",
};
const FORMATS: Readonly<Record<string, string>> = { "date-time": "moment", uuid: "UUID", uri: "address" };
