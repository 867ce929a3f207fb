/** What is wrong with a message: a closed code (MS-V2) and one sentence that names the field. */
import type { z } from "zod";
import type { Rejection } from "../result.ts";

/** `details.check` of a rejection. */
const CHECKS = {
  V1001: "schema",
  V1002: "missing",
  V1003: "format",
  V1004: "range",
  V1005: "enum",
  V2001: "too large",
  V2002: "deprecated",
  V3001: "version",
  V3002: "unknown type",
} as const;
type CheckCode = keyof typeof CHECKS;

type Issue = z.core.$ZodIssue;

/** The first problem, how many more there are, and its code. `what` begins the sentence; `value` is what was looked at. */
export function problemOf(what: string, error: z.ZodError, value: unknown): Rejection {
  const [first] = error.issues;
  if (first === undefined) return refusal("V1001", `${what} does not fit its schema.`);
  const check = isMissing(value, first.path) ? "V1002" : (CODES[first.code] ?? "V1001");
  const field = first.path.map(String).join(".");
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : "";
  const problem = check === "V1002" ? "is missing" : lowerFirst(first.message);
  const message = `${what} does not fit its schema: ${field === "" ? "" : `${field}: `}${problem}${more}.`;
  return refusal(check, message, field === "" ? {} : { field });
}

export function refusal(check: CheckCode, message: string, more: Rejection["details"] = {}): Rejection {
  const code = check === "V2001" ? "too_large" : check === "V3001" ? "unsupported" : "bad_request";
  return { code, message, details: { check, meaning: CHECKS[check], ...more } };
}

const CODES: Partial<Record<Issue["code"], CheckCode>> = {
  invalid_format: "V1003",
  too_big: "V1004",
  too_small: "V1004",
  not_multiple_of: "V1004",
  invalid_value: "V1005",
};

/** zod reports a missing field as one of the wrong type. */
function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return false;
    at = Object.entries(at).find(([name]) => name === String(key))?.[1];
  }
  return at === undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
