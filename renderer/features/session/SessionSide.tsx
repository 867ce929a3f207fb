import { useEffect, useRef, type ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import { bytesWords, clockWords, exactClock } from "#shared/lib/words.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import type { Life } from "#shared/model/node.ts";
import { useNowText } from "#renderer/state/hooks.ts";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { eventWords } from "./eventWords.ts";
import { endOf, lifeDuration, lifeState } from "./lifeWords.ts";

interface Props {
  /** Newest first. */
  readonly lives: readonly Life[];
  readonly current: Life;
  readonly node: NodePatch | undefined;
  /** Of the current life, oldest first. */
  readonly events: readonly StoredEvent[];
  readonly shownMs: number | undefined;
  readonly onLife: (life: Life) => void;
  readonly onEvent: (ms: number) => void;
}

/** The history of lives, and what happened in the one that is shown. */
export function SessionSide({ lives, current, node, events, shownMs, onLife, onEvent }: Props): ReactElement {
  const at = shownMs === undefined ? -1 : events.findLastIndex((event) => Date.parse(event.time) <= shownMs + 1);
  const marked = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    marked.current?.scrollIntoView({ block: "nearest" });
  }, [at]);
  return (
    <div className="session-side">
      <h2 className="section-head">
        Lives <span className="count tab">{lives.length}</span>
      </h2>
      <ul className="side-lives">
        {lives.map((life) => (
          <li key={life.sessionId}>
            <button
              type="button"
              className="side-row"
              aria-current={life.sessionId === current.sessionId || undefined}
              onClick={() => onLife(life)}
            >
              <span className="row">
                <Lamp state={lifeState(life, node?.state)} size={13} />
                <span className="medium">Life {life.generation}</span>
                <Chip outline={life.mode === "fresh"}>{life.mode}</Chip>
                <span className="grow" />
                <LifeLength life={life} />
              </span>
              <span className="row small side-sub">
                <span className="t2 ell grow">{endOf(life)}</span>
                <LifeBegan life={life} />
                <span className="t3 tab nowrap">{bytesWords(life.outputBytes)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <h2 className="section-head">
        Events <span className="count tab">{events.length}</span>
        <span className="aside small">life {current.generation}</span>
      </h2>
      {events.length === 0 && <p className="small t3">Nothing is recorded of this life beside its output.</p>}
      <ul>
        {events
          .map((event, index) => ({ event, index }))
          .toReversed()
          .map(({ event, index }) => (
            <li key={event.seq}>
              <button
                type="button"
                ref={index === at ? marked : undefined}
                className="side-row"
                aria-current={index === at || undefined}
                onClick={() => onEvent(Date.parse(event.time))}
              >
                <span className="row mono side-event">
                  <span className="t3">{exactClock(Date.parse(event.time))}</span>
                  <span className="medium ell">{event.type}</span>
                </span>
                <span className="small t2 ell side-words">{eventWords(event)}</span>
              </button>
            </li>
          ))}
      </ul>
    </div>
  );
}

function LifeLength({ life }: { readonly life: Life }): ReactElement {
  const words = useNowText((now) => lifeDuration(life, now));
  return <span className="small tab nowrap">{words}</span>;
}

function LifeBegan({ life }: { readonly life: Life }): ReactElement {
  const words = useNowText((now) => clockWords(Date.parse(life.startedAt), now));
  return <span className="t3 tab nowrap">{words}</span>;
}
