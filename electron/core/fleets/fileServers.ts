/** MCP servers of a fleet file that is without errors, with what the file leaves out filled in. */
import { parseDuration } from "#shared/model/fleetFile.ts";
import type { RawFleetServer } from "#shared/model/fleetFile.ts";
import { joinPath } from "#shared/lib/paths.ts";
import { DEFAULT_CACHE_MS, DEFAULT_TOOL_TIMEOUT_MS } from "#shared/model/toolServer.ts";
import type { ToolCache, ToolServerSpec } from "#shared/model/toolServer.ts";
import { refusalOfSecret, writtenSecrets } from "#shared/model/writtenSecrets.ts";

interface FilePlace {
  readonly folder: string;
  readonly homeDir: string;
  /** Whether the store has this very server from before, secrets of its own included. */
  readonly isStored?: StoredServer | undefined;
}

export type StoredServer = (fleet: string, server: ToolServerSpec) => boolean;

export interface ServerProblem {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

interface ReadServers {
  readonly specs: readonly ToolServerSpec[];
  readonly problems: readonly ServerProblem[];
}

/** A fleet's text is stored as a whole, so a secret in it is an error; a server that is stored with one runs on. */
export function readServers(
  raw: readonly RawFleetServer[] | undefined,
  place: FilePlace & { readonly fleet: string },
): ReadServers {
  const specs: ToolServerSpec[] = [];
  const problems: ServerProblem[] = [];
  for (const [index, server] of (raw ?? []).entries()) {
    const problem = problemOf(server) ?? (specs.some(({ id }) => id === server.id) ? twice(server) : undefined);
    if (problem !== undefined) {
      problems.push({ at: [index, ...problem.at], message: problem.message });
      continue;
    }
    const spec = toSpec(server, place);
    specs.push(spec);
    if (place.isStored?.(place.fleet, spec) === true) continue;
    for (const secret of writtenSecrets(spec.id, spec.transport))
      problems.push({ at: [index, ...secret.at], message: refusalOfSecret(spec.id, secret) });
  }
  return { specs, problems };
}

function problemOf(raw: RawFleetServer): { at: string[]; message: string } | undefined {
  const { id, command, url } = raw;
  if ((command === undefined) === (url === undefined))
    return {
      at: [],
      message: `The server ${id} needs either a command or a url${url === undefined ? "" : ", not both"}.`,
    };
  const foreign = (command === undefined ? (["args", "env", "cwd"] as const) : (["headers"] as const)).find(
    (key) => raw[key] !== undefined,
  );
  return foreign === undefined
    ? undefined
    : {
        at: [foreign],
        message: `"${foreign}" belongs to a server with a ${command === undefined ? "command" : "url"}.`,
      };
}

function twice({ id }: RawFleetServer): { at: string[]; message: string } {
  return { at: ["id"], message: `There are two servers ${id}. Rename one of them.` };
}

function toSpec(raw: RawFleetServer, place: FilePlace): ToolServerSpec {
  return {
    id: raw.id,
    transport: transportOf(raw, place),
    ...(raw.description === undefined ? {} : { description: raw.description }),
    tags: raw.tags ?? [],
    enabled: raw.enabled ?? true,
    restart: raw.restart ?? "permanent",
    timeoutMs: (raw.timeout === undefined ? undefined : parseDuration(raw.timeout)) ?? DEFAULT_TOOL_TIMEOUT_MS,
    ...(raw.allow === undefined ? {} : { allow: raw.allow.map(toGrant) }),
    ...(raw.cache === undefined ? {} : { cache: toCache(raw.cache) }),
  };
}

function transportOf(raw: RawFleetServer, { folder, homeDir }: FilePlace): ToolServerSpec["transport"] {
  if (raw.url !== undefined) return { type: "http", url: raw.url, headers: raw.headers ?? {} };
  const cwd = joinPath(folder, raw.cwd ?? ".", homeDir);
  return { type: "stdio", command: raw.command ?? "", args: raw.args ?? [], env: raw.env ?? {}, cwd };
}

function toCache({ tools, for: forHow }: NonNullable<RawFleetServer["cache"]>): ToolCache {
  return { tools, forMs: (forHow === undefined ? undefined : parseDuration(forHow)) ?? DEFAULT_CACHE_MS };
}

function toGrant(raw: NonNullable<RawFleetServer["allow"]>[number]): NonNullable<ToolServerSpec["allow"]>[number] {
  // Neither agents nor roles: everybody of the fleet, for these tools.
  const nobody = raw.agents === undefined && raw.roles === undefined;
  return { agents: raw.agents ?? (nobody ? ["*"] : []), roles: raw.roles ?? [], tools: raw.tools ?? ["*"] };
}
