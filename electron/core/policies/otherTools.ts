/** Joins the healer and the registry: which other tool could do what one did that was not found. The same name is the same ability. */
import type { OtherTools } from "#core/deadLetters/index.ts";
import type { Registry } from "#core/registry/index.ts";

/** More are not tried anyway. */
const MOST = 10;

/** Servers that run first, those that share a tag with the first one before others. */
export function otherTools(registry: { readonly servers: Pick<Registry["servers"], "views"> }): OtherTools {
  return {
    alternatives: async ({ server, tool }) => {
      const servers = registry.servers.views();
      const own = servers.find(({ key, id }) => key === server || id === server);
      const tags = new Set(own?.tags);
      return servers
        .filter(
          (one) =>
            one !== own &&
            one.state === "active" &&
            one.tools.some(({ name, problem }) => name === tool && problem === undefined),
        )
        .toSorted((left, right) => shared(right.tags, tags) - shared(left.tags, tags))
        .slice(0, MOST)
        .map(({ key }) => ({ server: key, tool: tool ?? "" }));
    },
  };
}

function shared(tags: readonly string[], wanted: ReadonlySet<string>): number {
  return tags.filter((tag) => wanted.has(tag)).length;
}
