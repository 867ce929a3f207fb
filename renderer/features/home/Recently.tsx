/** The last things worth knowing. */
import { useMemo, type ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNavigation, useNowText, useStatus } from "#renderer/state/hooks.ts";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { clockWords } from "#shared/lib/words.ts";
import { recentLine, type RecentLine } from "./recentWords.ts";
import { REFRESH_MS, useFreshened } from "./useFreshened.ts";

const SHOWN = 10;

export function Recently(): ReactElement | null {
  const { data, error, refetch } = useCoreQuery("events.read", { order: "desc", limit: 300 }, { staleMs: REFRESH_MS });
  const lastSeq = useStatus()?.lastSeq ?? 0;
  useFreshened(data !== undefined && lastSeq > data.lastSeq ? lastSeq : undefined, refetch);
  const navigation = useNavigation();
  const lines = useMemo(() => (data?.events ?? []).flatMap((event) => recentLine(event) ?? []).slice(0, SHOWN), [data]);
  if (lines.length === 0 && error === null) return null;
  return (
    <section aria-label="Recently">
      <div className="section-head">
        <h2>Recently</h2>
        <button type="button" className="aside small key-hint" onClick={() => navigation.navigate({ page: "events" })}>
          Events <Kbd keys={["g", "e"]} />
        </button>
      </div>
      {error !== null && <p className="small t2">{error.message}</p>}
      {lines.map((line) => (
        <Line key={line.seq} line={line} />
      ))}
    </section>
  );
}

function Line({ line }: { readonly line: RecentLine }): ReactElement {
  const navigation = useNavigation();
  const time = useNowText((now) => clockWords(Date.parse(line.time), now));
  return (
    <button
      type="button"
      className="home-recent small"
      onClick={() => navigation.navigate({ page: "events", seq: line.seq })}
    >
      <span className="t3 tab nowrap">{time}</span>
      <Lamp state={line.lamp} size={12} />
      <span className="t2 ell">{line.text}</span>
    </button>
  );
}
