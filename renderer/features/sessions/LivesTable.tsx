import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { bytesWords, clockWords, exactDuration } from "#shared/lib/words.ts";
import { cliName } from "#shared/model/stateWords.ts";
import type { Life } from "#shared/model/node.ts";
import { useNavigation, useNodeState, useNowText } from "#renderer/state/hooks.ts";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateTextColor } from "#renderer/ui/stateToken.ts";
import { endWords, lifeLamp } from "./endWords.ts";

const ROW_PX = 30;

/** Rows open the recording. Arrow keys or J and K move, Enter opens. */
export function LivesTable({
  lives,
  isFiltered,
}: {
  readonly lives: readonly Life[];
  readonly isFiltered: boolean;
}): ReactElement {
  const navigation = useNavigation();
  const frame = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is memoised by what the virtualizer returns
  const rows = useVirtualizer({
    count: lives.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const open = (life: Life | undefined) =>
    life !== undefined && navigation.navigate({ page: "session", path: life.path, sessionId: life.sessionId });
  const onKeyDown = (event: KeyboardEvent) => {
    const step =
      event.key === "ArrowDown" || event.key === "j" ? 1 : event.key === "ArrowUp" || event.key === "k" ? -1 : 0;
    if (event.key === "Enter") open(lives[at]);
    else if (step === 0) return;
    else {
      const next = Math.min(lives.length - 1, Math.max(0, at + step));
      setAt(next);
      rows.scrollToIndex(next);
    }
    event.preventDefault();
  };
  if (lives.length === 0)
    return (
      <p className="page-note t2">
        {isFiltered
          ? "No session matches the filter."
          : "No agent has run yet. Each start is recorded here, byte by byte."}
      </p>
    );
  return (
    <div className="sessions-table" role="table" aria-label="Sessions, newest first" aria-rowcount={lives.length}>
      <div className="sessions-row sessions-head" role="row">
        {["Agent", "Life", "CLI", "Began", "Lasted", "How it ended", "Output"].map((title) => (
          <span key={title} role="columnheader" className={title === "Lasted" || title === "Output" ? "num" : ""}>
            {title}
          </span>
        ))}
      </div>
      <div
        className="scroll sessions-scroll"
        ref={frame}
        role="rowgroup"
        tabIndex={0}
        aria-label="Sessions"
        onKeyDown={onKeyDown}
      >
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map((row) => {
            const life = lives[row.index];
            if (life === undefined) return null;
            return (
              <LifeRow
                key={life.sessionId}
                life={life}
                top={row.start}
                isMarked={row.index === at}
                onOpen={() => open(life)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function LifeRow({
  life,
  top,
  isMarked,
  onOpen,
}: {
  readonly life: Life;
  readonly top: number;
  readonly isMarked: boolean;
  readonly onOpen: () => void;
}): ReactElement {
  const running = useNodeState(life.path);
  const state = lifeLamp(life, running);
  const lasted = useNowText((now) =>
    exactDuration((life.endedAt === undefined ? now : Date.parse(life.endedAt)) - Date.parse(life.startedAt)),
  );
  const began = useNowText((now) => clockWords(Date.parse(life.startedAt), now));
  const slash = life.path.indexOf("/");
  return (
    <div
      className={isMarked ? "sessions-row sessions-life sessions-marked" : "sessions-row sessions-life"}
      role="row"
      style={{ transform: `translateY(${top}px)` }}
      onClick={onOpen}
    >
      <span role="cell" className="row">
        <Lamp state={state} size={13} />
        <button type="button" className="medium ell" tabIndex={-1}>
          {life.path.slice(slash + 1)}
        </button>
        <span className="t3 small ell">{life.path.slice(0, Math.max(0, slash))}</span>
      </span>
      <span role="cell" className="row">
        <span className="tab">{life.generation}</span>
        <Chip outline={life.mode === "fresh"}>{life.mode}</Chip>
      </span>
      <span role="cell" className="t2 ell">
        {cliName(life.agent)}
      </span>
      <span role="cell" className="t2 tab nowrap">
        {began}
      </span>
      <span role="cell" className="num tab nowrap">
        {lasted}
      </span>
      <span
        role="cell"
        className="ell"
        style={{ color: life.endedAt === undefined ? stateTextColor(state) : undefined }}
      >
        {endWords(life)}
      </span>
      <span role="cell" className="num t2 tab nowrap">
        {bytesWords(life.outputBytes)}
      </span>
    </div>
  );
}
