/** What is broken now, and what broke today and mended itself. */
import { useMemo, type ReactElement } from "react";
import { useShallow } from "zustand/react/shallow";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useAppState, useNavigation, useNowNumber } from "#renderer/state/hooks.ts";
import { NodeLamp, StateWord } from "#renderer/state/StateWord.tsx";
import type { NodePatch } from "#shared/contract/index.ts";
import { isSameDay } from "#shared/lib/words.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { BROKEN_STATES } from "#shared/model/stateWords.ts";
import { NEED_ORDER } from "#shared/model/states.ts";
import { REFRESH_MS, useFreshened } from "./useFreshened.ts";

const SHOWN = 6;

export function Broke(): ReactElement | null {
  const broken = useAppState(
    useShallow(({ nodes }) =>
      [...nodes.values()].filter((node) => node.kind === "agent" && BROKEN_STATES.has(node.state)),
    ),
  );
  const events = useCoreQuery(
    "events.read",
    { pattern: "ws.*.agent.*.exited", order: "desc", limit: 1000 },
    { staleMs: REFRESH_MS },
  );
  // What crashed and came back has begun another life.
  const lives = useAppState(({ nodes }) => [...nodes.values()].reduce((sum, node) => sum + node.generation, 0));
  useFreshened(lives, events.refetch);
  // Minutes: midnight need not be met to the second.
  const now = useNowNumber((at) => Math.floor(at / 60_000) * 60_000);
  const recovered = useMemo(() => recoveredToday(events.data?.events ?? [], broken, now), [events.data, broken, now]);
  const sorted = broken.toSorted(
    (left, right) =>
      NEED_ORDER.indexOf(left.state) - NEED_ORDER.indexOf(right.state) ||
      right.stateSince.localeCompare(left.stateSince),
  );
  if (broken.length === 0 && recovered === 0) return null;
  return (
    <section aria-label={`Broke today, ${broken.length} open, ${recovered} recovered`}>
      <div className="section-head">
        <h2>Broke today</h2>
        <span className="count">
          {broken.length} open{recovered > 0 && `, ${recovered} recovered`}
        </span>
      </div>
      <ul className="list">
        {sorted.slice(0, SHOWN).map((node) => (
          <BrokenRow key={node.path} node={node} />
        ))}
      </ul>
      {sorted.length > SHOWN && <div className="small t3 home-rest">and {sorted.length - SHOWN} more in the tree</div>}
    </section>
  );
}

function BrokenRow({ node }: { readonly node: NodePatch }): ReactElement {
  const navigation = useNavigation();
  return (
    <li>
      <button type="button" className="home-row" onClick={() => navigation.navigate({ page: "tree", path: node.path })}>
        <NodeLamp node={node} />
        <span className="home-name medium ell">{node.id}</span>
        <span className="home-state small medium">
          <StateWord node={node} />
        </span>
        <span className="grow ell t2">{causeOf(node)}</span>
      </button>
    </li>
  );
}

/** What is known beyond the state's own words, which say the exit of what crashed or gave up. */
function causeOf(node: NodePatch): string {
  const exit = node.state === "backoff" ? node.exitDetail : undefined;
  const detail = node.detail === node.exitDetail ? undefined : node.detail;
  const parts = [exit, detail].filter((part) => part !== undefined && part !== "");
  return parts.length === 2 && parts[1]?.startsWith(parts[0] ?? "") === true ? parts[1] : parts.join(": ");
}

/** Agents that crashed today and are no longer broken. */
function recoveredToday(events: readonly StoredEvent[], broken: readonly NodePatch[], now: number): number {
  const down = new Set(broken.map((node) => node.path));
  const crashed = events.filter((event) => event.data["cause"] === "crashed" && isSameDay(Date.parse(event.time), now));
  return new Set(crashed.flatMap(({ data: { path } }) => (typeof path === "string" && !down.has(path) ? [path] : [])))
    .size;
}
