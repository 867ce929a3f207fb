/** `${NAME}` in a server's variables and headers stands for the person's own environment, so that no secret has to be written down. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]{0,200})\}/g;

export function expandVariables(
  values: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Result<Record<string, string>> {
  const missing = new Set<string>();
  const expanded = Object.entries(values).map(([name, value]) => [
    name,
    value.replace(REFERENCE, (_whole, variable: string) => {
      const found = environment[variable];
      if (found === undefined) missing.add(variable);
      return found ?? "";
    }),
  ]);
  if (missing.size > 0)
    return fail(
      "bad_request",
      `Your environment has no ${[...missing].join(", ")}. Set it in your shell's start-up file and restart Signalbox.`,
    );
  return ok(Object.fromEntries(expanded));
}
