/** Secrets that a server's own entry holds, each with what to do about it. Sentences never quote the secret. */
import { addressHoldsSecret, holdsSecret, secretArguments } from "../lib/ownSecrets.ts";
import type { ToolServerTransport } from "./toolServer.ts";

export interface WrittenSecret {
  /** Where in the entry, by the keys of a fleet file. */
  readonly at: readonly [key: "url" | "headers" | "env" | "args" | "command", ...inner: readonly (string | number)[]];
  /** "The header Authorization". */
  readonly what: string;
  /** Of the person's environment; a proposal. */
  readonly variable: string;
}

export function writtenSecrets(id: string, transport: ToolServerTransport): readonly WrittenSecret[] {
  const variable = variableName(id, "TOKEN");
  if (transport.type === "http") {
    const address: WrittenSecret[] = addressHoldsSecret(transport.url)
      ? [{ at: ["url"], what: "The address", variable }]
      : [];
    const headers = secretPairs(transport.headers).map((name): WrittenSecret => ({
      at: ["headers", name],
      what: `The header ${name}`,
      variable,
    }));
    return [...address, ...headers];
  }
  const { command, args, env } = transport;
  return [
    ...(holdsSecret("", command) ? [{ at: ["command"], what: "The command", variable } as const] : []),
    ...secretArguments(args).map((index): WrittenSecret => ({
      at: ["args", index],
      what: `Argument ${index + 1}`,
      variable,
    })),
    ...secretPairs(env).map((name): WrittenSecret => ({
      at: ["env", name],
      what: `The variable ${name}`,
      variable: variableName(id, name),
    })),
  ];
}

/** For whom it is refused. `more`: how many others there are. */
export function refusalOfSecret(id: string, { what, variable }: WrittenSecret, more = 0): string {
  const others = more === 0 ? "" : ` (and ${more} more)`;
  return `${what} of ${id} holds a secret itself${others}, and Signalbox writes no secret down. ${advice(variable)}.`;
}

/** Of a server that an earlier version stored: it runs on. */
export function warningOfSecret({ what, variable }: WrittenSecret, isOfFleet: boolean): string {
  const how = isOfFleet ? " in the fleet file" : ": remove the server and add it again";
  return `${what} holds a secret itself, which is stored as it is. ${advice(variable)}${how}.`;
}

function advice(variable: string): string {
  return `Put it into your environment, for example as ${variable}, and write \${${variable}} in its place`;
}

function secretPairs(pairs: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(pairs).flatMap(([name, value]) => (holdsSecret(name, value) ? [name] : []));
}

/** PRICES_TOKEN; a variable that carries the server's name already keeps its own. */
function variableName(id: string, name: string): string {
  const server = id.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
  const own = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
  const whole = own.startsWith(`${server}_`) ? own : `${server}_${own}`;
  return /^[A-Z_]/.test(whole) ? whole : `MCP_${whole}`;
}
