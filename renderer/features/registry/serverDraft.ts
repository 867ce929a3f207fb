/** What was typed into the dialog, as an order. Pure. */
import type { CommandInput } from "#shared/contract/index.ts";
import { ID_PATTERN } from "#shared/model/fleetFile.ts";
import { refusalOfSecret, writtenSecrets } from "#shared/model/writtenSecrets.ts";

export interface ServerDraft {
  readonly id: string;
  readonly kind: "stdio" | "http";
  readonly where: string;
  /** NAME=value, one a line. */
  readonly pairs: string;
  readonly agents: string;
}

export const EMPTY_DRAFT: ServerDraft = { id: "", kind: "stdio", where: "", pairs: "", agents: "" };

/** What would be written down and must not be, at the field that has it. */
export interface DraftSecrets {
  readonly where?: string;
  readonly pairs?: string;
}

/** The name is filled in last by some; the advice then speaks of any server. */
export function draftSecrets(draft: ServerDraft): DraftSecrets {
  const somewhere = draft.kind === "http" ? "http://server" : "server";
  const isSaid = draft.kind === "http" ? URL.canParse(draft.where.trim()) : draft.where.trim() !== "";
  const where = isSaid ? draft.where : somewhere;
  const pairs = linesOf(draft.pairs).filter((line) => line.indexOf("=") > 0);
  const read = draftServer({ ...draft, id: "server", where, pairs: pairs.join("\n") });
  if (!read.ok) return {};
  const name = ID_PATTERN.test(draft.id) ? draft.id : "server";
  const found = writtenSecrets(name, read.server.transport);
  const pair = found.find(({ at: [key] }) => key === "headers" || key === "env");
  const way = found.find(({ at: [key] }) => key !== "headers" && key !== "env");
  return {
    ...(way === undefined ? {} : { where: refusalOfSecret(name, way) }),
    ...(pair === undefined ? {} : { pairs: refusalOfSecret(name, pair) }),
  };
}

type Draft = { readonly ok: true; readonly server: CommandInput<"registry.add"> } | { readonly ok: false };

export function draftServer({ id, kind, where, pairs, agents }: ServerDraft): Draft {
  const words = splitWords(where);
  const [command, ...args] = words;
  const named = readPairs(pairs);
  if (!ID_PATTERN.test(id) || command === undefined || named === undefined) return { ok: false };
  if (kind === "http" && !URL.canParse(where.trim())) return { ok: false };
  const allowed = agents
    .split(",")
    .map((agent) => agent.trim())
    .filter((agent) => agent !== "");
  return {
    ok: true,
    server: {
      id,
      transport:
        kind === "http"
          ? { type: "http", url: where.trim(), headers: named }
          : { type: "stdio", command, args, env: named },
      allow: allowed.length === 0 ? [] : [{ agents: allowed }],
    },
  };
}

/** Words of a command line; quotes keep spaces together, and nothing else is special. */
export function splitWords(line: string): readonly string[] {
  const words = line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
  return [...words].map(([, double, single, bare]) => double ?? single ?? bare ?? "");
}

function readPairs(text: string): Record<string, string> | undefined {
  const lines = linesOf(text);
  const pairs = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  return lines.some((line) => line.indexOf("=") < 1) ? undefined : Object.fromEntries(pairs);
}

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
