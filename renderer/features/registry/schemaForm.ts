/**
 * A form made from a tool's input schema: one field for each simple property, JSON for everything else. Pure: what the
 * person typed becomes arguments, or a sentence about the field that does not fit.
 */
export interface FormField {
  readonly name: string;
  readonly kind: "text" | "number" | "switch" | "choice" | "json";
  readonly isRequired: boolean;
  readonly hint: string | undefined;
  readonly choices: readonly string[];
  readonly initial: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Undefined: the schema is no plain list of properties, so the arguments are written as JSON. */
export function fieldsOf(schema: Schema): readonly FormField[] | undefined {
  if (schema["oneOf"] !== undefined || schema["anyOf"] !== undefined || schema["allOf"] !== undefined) return undefined;
  const properties = asSchema(schema["properties"]);
  if (properties === undefined) return schema["type"] === "object" ? [] : undefined;
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, value]) =>
    fieldOf(name, asSchema(value) ?? {}, required.includes(name)),
  );
}

function fieldOf(name: string, schema: Schema, isRequired: boolean): FormField {
  const choices = Array.isArray(schema["enum"]) ? schema["enum"].filter((one) => typeof one === "string") : [];
  const fallback = schema["default"];
  const kind = choices.length > 0 ? "choice" : kindOf(schema["type"]);
  return {
    name,
    kind,
    isRequired,
    hint: typeof schema["description"] === "string" ? schema["description"].slice(0, 300) : undefined,
    choices,
    initial: fallback === undefined ? "" : typeof fallback === "string" ? fallback : JSON.stringify(fallback),
  };
}

function kindOf(type: unknown): FormField["kind"] {
  if (type === "string") return "text";
  if (type === "number" || type === "integer") return "number";
  return type === "boolean" ? "switch" : "json";
}

export type ReadArgs =
  | { readonly ok: true; readonly args: Record<string, unknown> }
  | { readonly ok: false; readonly field: string; readonly message: string };

/** An empty field that is not required is left out. */
export function readArgs(fields: readonly FormField[], typed: Readonly<Record<string, string>>): ReadArgs {
  const args: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed[field.name] ?? field.initial;
    if (text === "" && !(field.isRequired && field.kind === "text")) {
      if (field.isRequired) return { ok: false, field: field.name, message: `${field.name} is needed.` };
      continue;
    }
    const value = readValue(field, text);
    if (value === undefined) return { ok: false, field: field.name, message: problemOf(field) };
    args[field.name] = value;
  }
  return { ok: true, args };
}

function readValue({ kind }: FormField, text: string): unknown {
  if (kind === "text" || kind === "choice") return text;
  if (kind === "switch") return text === "true";
  if (kind === "number") return Number.isFinite(Number(text)) ? Number(text) : undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf({ kind, name }: FormField): string {
  return kind === "number" ? `${name} is a number.` : `${name} is JSON, such as ["a"] or {"a":1}.`;
}

/** For the JSON field: an object, or a sentence. */
export function readJsonArgs(text: string): ReadArgs {
  try {
    const value: unknown = JSON.parse(text === "" ? "{}" : text);
    const object = asSchema(value);
    if (object !== undefined) return { ok: true, args: { ...object } };
  } catch {
    // Said below.
  }
  return { ok: false, field: "", message: 'The arguments are a JSON object, such as {"message":"hello"}.' };
}

function asSchema(value: unknown): Schema | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
