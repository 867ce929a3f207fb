/** The generated documents, judged by the official schemas. */
import asyncApiSpecs from "@asyncapi/specs";
import { Ajv, type AnySchemaObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { asyncApi } from "../model/catalogue/asyncApi.ts";
import { compose } from "../model/catalogue/message.ts";
import { entries } from "../model/catalogue/catalogue.ts";
import { envelopeSchema } from "../model/catalogue/envelope.ts";
import { jsonSchemaOf } from "../model/catalogue/jsonSchema.ts";
import { everyMessage } from "./catalogue.ts";

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);

describe("the generated JSON Schemas, draft 2020-12", () => {
  it.each(everyMessage())("%s: valid, and its example fits", (_name, entry) => {
    const validate = ajv.compile(jsonSchemaOf(entry.schema));
    validate(entry.example);
    expect(validate.errors ?? []).toEqual([]);
    if (entry.answer !== undefined) expect(ajv.validateSchema(jsonSchemaOf(entry.answer))).toBe(true);
  });

  it("the envelope: what is composed fits it", () => {
    const validate = ajv.compile(jsonSchemaOf(envelopeSchema));
    const composed = compose("system.stopping", {
      id: "1",
      source: "/core",
      time: "2026-11-29T00:00:00.000Z",
      data: {},
    });
    expect(validate(composed.ok && composed.value)).toBe(true);
    expect(validate({})).toBe(false);
  });
});

describe("the AsyncAPI document", () => {
  const document = asyncApi();

  it("is AsyncAPI 3.1 by the official schema", () => {
    const official = new Ajv({ strict: false, meta: false, allErrors: true, validateFormats: false });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Two packages name the same JSON Schema differently.
    const validate = official.compile(asyncApiSpecs.schemas["3.1.0"] as AnySchemaObject);
    expect(validate(document)).toBe(true);
    expect((validate.errors ?? []).slice(0, 5)).toEqual([]);
  });

  it("has no reference that leads nowhere, and every message of the bus", () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, ref = ""]) => ref);
    const lost = refs.filter((ref) => {
      let at: unknown = document;
      for (const key of ref.split("/"))
        at = typeof at === "object" && at !== null ? Object.entries(at).find(([name]) => name === key)?.[1] : undefined;
      return at === undefined;
    });
    expect(lost).toEqual([]);
    for (const [name] of entries()) expect(refs).toContain(`components/messages/${name}`);
  });
});
