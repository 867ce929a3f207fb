import { useMemo, type ReactElement } from "react";
import { useNavigation, useNode } from "#renderer/state/hooks.ts";
import { NodeLamp } from "#renderer/state/StateWord.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import type { SearchHit } from "#shared/contract/index.ts";
import { plural } from "#shared/lib/words.ts";
import type { OutputSearch } from "./useOutputSearch.ts";

/** Hits grouped by agent, newest life first, each with its line. */
export function OutputHits({ search }: { readonly search: OutputSearch }): ReactElement {
  const groups = useMemo(() => groupHits(search.hits), [search.hits]);
  if (search.status === "failed")
    return <Problem title="The search could not be finished.">{search.error?.message}</Problem>;
  return (
    <section aria-label="Printed by agents">
      {groups.map(([path, hits]) => (
        <Group key={path} path={path} hits={hits} />
      ))}
      {search.status === "done" && groups.length === 0 && <p className="t2 search-hint">No agent ever printed this.</p>}
      {search.isTruncated && (
        <p className="small t3 search-hint">
          There are more. Make the text longer, or run signalbox search in a terminal for all of them.
        </p>
      )}
      {search.incomplete > 0 && (
        <p className="small t3 search-hint">
          Of {plural(search.incomplete, "life", "lives")} some output was removed and could not be searched.
        </p>
      )}
    </section>
  );
}

function groupHits(hits: readonly SearchHit[]): readonly (readonly [string, readonly SearchHit[]])[] {
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    const group = groups.get(hit.path);
    if (group === undefined) groups.set(hit.path, [hit]);
    else group.push(hit);
  }
  return [...groups];
}

function Group({ path, hits }: { readonly path: string; readonly hits: readonly SearchHit[] }): ReactElement {
  const node = useNode(path);
  return (
    <div className="search-group">
      <div className="section-head">
        <span className="search-lamp">
          {node === undefined ? <Lamp state="stopped" size={14} /> : <NodeLamp node={node} />}
        </span>
        <h2>{path}</h2>
        <span className="count">{plural(hits.length, "line")}</span>
      </div>
      <ul className="list">
        {hits.map((hit) => (
          <HitLine key={`${hit.sessionId}:${hit.offset}:${hit.start}`} hit={hit} />
        ))}
      </ul>
    </div>
  );
}

/** Characters shown before a hit far into a long line. */
const LEAD = 60;

function HitLine({ hit }: { readonly hit: SearchHit }): ReactElement {
  const navigation = useNavigation();
  const cut = Math.max(0, hit.start - LEAD);
  return (
    <li>
      <button
        type="button"
        className="search-hit"
        onClick={() =>
          navigation.navigate({ page: "session", path: hit.path, sessionId: hit.sessionId, offset: hit.offset })
        }
      >
        <span className="small t3 nowrap search-life">Life {hit.generation}</span>
        <span className="mono ell">
          {cut > 0 && "…"}
          {hit.line.slice(cut, hit.start)}
          <mark>{hit.line.slice(hit.start, hit.end)}</mark>
          {hit.line.slice(hit.end)}
        </span>
      </button>
    </li>
  );
}
