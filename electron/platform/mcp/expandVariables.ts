/** `${NAME}` in a server's variables, headers, address and arguments stands for the person's own environment, so that no secret has to be written down. */
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]{0,200})\}/g;

export function referencesIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(REFERENCE)].map(([, name = ""]) => name))];
}

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

/** What is put in is one part of the address, whatever characters it has. Errors: as above. */
export function expandAddress(url: string, environment: Readonly<Record<string, string>>): Result<string> {
  const encoded = Object.fromEntries(
    [...url.matchAll(REFERENCE)].flatMap(([, name = ""]) => {
      const found = environment[name];
      return found === undefined ? [] : [[name, encodeURIComponent(found)]];
    }),
  );
  const expanded = expandVariables({ url }, encoded);
  return expanded.ok ? ok(expanded.value["url"] ?? url) : expanded;
}

const SHELLS = /(?:^|[\\/])(?:ba|da|k|z|fi|a)?sh(?:\.exe)?$/;

/** Whole arguments may be scripts with names of their own: those that the environment lacks, and a shell's, stay as they are. */
export function expandArguments(
  { command, args }: { readonly command: string; readonly args: readonly string[] },
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  if (SHELLS.test(command)) return args;
  return args.map((arg) => arg.replace(REFERENCE, (whole, name: string) => environment[name] ?? whole));
}
