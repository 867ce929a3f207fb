/**
 * The `on:` section of a fleet file: what a fleet does when a message on the bus fits a pattern. It holds while the fleet
 * is up; `up` is the consent to what stands there.
 */
import { z } from "zod";
import { patternProblem } from "../lib/subjects.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const nameSchema = z.string().regex(NAME, "must be 1 to 64 letters, digits, _ or -, and begin with a letter or digit");

/** Which stream of the bus keeps subjects that begin so. */
const STREAM_OF: Readonly<Record<string, string>> = {
  tool: "TOOLS",
  mcp: "TOOLS",
  workflow: "WORKFLOWS",
  msg: "MESSAGES",
  ws: "EVENTS",
  sys: "EVENTS",
};

/** Undefined: its first token is a wildcard, or no stream keeps such subjects. */
export function streamOfPattern(pattern: string): string | undefined {
  const [first = ""] = pattern.split(".");
  return Object.hasOwn(STREAM_OF, first) ? STREAM_OF[first] : undefined;
}

const patternSchema = z
  .string()
  .refine((text) => patternProblem(text) === undefined, 'must be a pattern of subjects such as "tool.*.failed"')
  .refine(
    (text) => streamOfPattern(text) !== undefined,
    `must begin with one of ${Object.keys(STREAM_OF).join(", ")}, and not with a wildcard`,
  )
  .describe("Messages whose subject fits: * for one token, > for the rest");

const sendSchema = z.strictObject({
  to: z.string().min(1).max(200).describe("An agent of this fleet, role:<role>, or all"),
  text: z.string().min(1).max(20_000).describe("${subject}, ${type}, ${time} and ${data.key} of the message are bound"),
});
const runSchema = z.strictObject({
  workflow: nameSchema.describe("A workflow of this fleet"),
  with: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Its input; ${subject}, ${type}, ${time} and ${data.key} of the message are bound"),
});

export const handlerFileSchema = z
  .strictObject({
    id: nameSchema.describe("Name of the handler, unique in the fleet"),
    subject: patternSchema,
    send: sendSchema.optional().describe("A message into a mailbox"),
    run: runSchema.optional().describe("A workflow that is started"),
  })
  .meta({ oneOf: ["send", "run"].map((key) => ({ properties: { [key]: {} }, required: [key] })) });
export type RawHandler = z.infer<typeof handlerFileSchema>;

/** More is a program of its own. */
export const MOST_HANDLERS = 20;
export const handlersFileSchema = z
  .array(handlerFileSchema)
  .max(MOST_HANDLERS, `must have at most ${MOST_HANDLERS} handlers`)
  .describe("What happens when a message on the bus fits a pattern, while the fleet is up");

export const HANDLER_KEYS = {
  handler: Object.keys(handlerFileSchema.shape),
  send: Object.keys(sendSchema.shape),
  run: Object.keys(runSchema.shape),
} as const;

export interface HandlerSpec {
  readonly id: string;
  readonly subject: string;
  readonly stream: string;
  readonly act:
    | { readonly kind: "send"; readonly to: string; readonly text: string }
    | { readonly kind: "run"; readonly workflow: string; readonly with: Readonly<Record<string, unknown>> };
}
