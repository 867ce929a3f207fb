/** Servers as clients see them: no secret leaves, whether it stands in a variable, a header, an argument or an address. */
import { toIsoTime } from "#shared/lib/isoTime.ts";
import { nearest } from "#shared/lib/nearest.ts";
import { maskSecrets } from "#shared/lib/secrets.ts";
import { warningOfSecret, writtenSecrets } from "#shared/model/writtenSecrets.ts";
import type { RegistryEntry, ToolServer, ToolServerTransport } from "#shared/model/toolServer.ts";
import { summaryOf } from "./knownTools.ts";
import type { LiveServer } from "./liveServer.ts";

/** `answers`: of it, in the cache. */
export function serverView(server: LiveServer, answers: number): ToolServer {
  const { key, fleet, spec, standing } = server;
  const { detail, lastError, nextStartAtMs, protocol, software, verifiedAtMs } = standing;
  return {
    key,
    id: spec.id,
    ...(fleet === undefined ? {} : { fleet }),
    where: whereText(spec.transport),
    transport: spec.transport.type,
    variables: Object.keys(spec.transport.type === "stdio" ? spec.transport.env : spec.transport.headers).toSorted(),
    ...(spec.description === undefined ? {} : { description: spec.description }),
    tags: [...spec.tags],
    restart: spec.restart,
    timeoutMs: spec.timeoutMs,
    ...(spec.allow === undefined ? {} : { allow: [...spec.allow] }),
    ...(spec.cache === undefined ? {} : { cache: { ...spec.cache, answers, doubts: cacheDoubts(server) } }),
    ...warnings(server),
    state: standing.state,
    since: toIsoTime(standing.sinceMs),
    ...(detail === undefined ? {} : { detail: maskSecrets(detail) }),
    ...(lastError === undefined
      ? {}
      : { lastError: { message: maskSecrets(lastError.message), at: toIsoTime(lastError.atMs) } }),
    restarts: standing.restarts,
    ...(nextStartAtMs === undefined ? {} : { nextStartAt: toIsoTime(nextStartAtMs) }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(software === undefined ? {} : { software }),
    ...(verifiedAtMs === undefined ? {} : { verifiedAt: toIsoTime(verifiedAtMs) }),
    tools: server.tools.map(summaryOf),
    callsUnderWay: server.callsUnderWay,
  };
}

/** What an earlier version let through, and stored. */
function warnings({ fleet, spec }: LiveServer): Pick<ToolServer, "warnings"> {
  const secrets = writtenSecrets(spec.id, spec.transport);
  return secrets.length === 0 ? {} : { warnings: secrets.map((one) => warningOfSecret(one, fleet !== undefined)) };
}

/** A name in `cache` that no tool has, or that one has which says that it is no read. */
function cacheDoubts({ spec, tools, standing }: LiveServer): string[] {
  const names = tools.map(({ name }) => name);
  return (spec.cache?.tools ?? []).flatMap((name) => {
    const tool = tools.find((one) => one.name === name);
    if (tool?.hints.includes("destructive") === true)
      return [`The cache names ${name}, which says of itself that it destroys.`];
    if (tool !== undefined || standing.verifiedAtMs === undefined) return [];
    const meant = nearest(name, names);
    return [
      `The cache names ${name}, which is no tool of this server.${meant === undefined ? "" : ` Did you mean ${meant}?`}`,
    ];
  });
}

function whereText(transport: ToolServerTransport): string {
  if (transport.type === "http") return maskSecrets(transport.url);
  const words = [transport.command, ...transport.args].map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`,
  );
  return maskSecrets(words.join(" "));
}

export function serverEntries(server: LiveServer): readonly RegistryEntry[] {
  const { key, spec, standing } = server;
  const tags = [...spec.tags];
  const own: RegistryEntry = {
    kind: "server",
    id: key,
    name: spec.id,
    description: spec.description ?? whereText(spec.transport),
    tags,
    state: standing.state,
  };
  const tools = server.tools.map((tool): RegistryEntry => {
    const { name, title, description, problem } = summaryOf(tool);
    const about = problem === undefined ? description : `Cannot be called: ${problem} ${description}`;
    return { kind: "tool", id: `${key} ${name}`, name: title ?? name, description: about, tags, state: standing.state };
  });
  return [own, ...tools];
}
