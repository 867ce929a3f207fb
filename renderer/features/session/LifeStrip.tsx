import { useEffect, useMemo, useRef, useState, type ReactElement } from "react";
import { clockWords, durationWords, exactClock } from "#shared/lib/words.ts";
import type { Life } from "#shared/model/node.ts";
import type { NodeState } from "#shared/model/states.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { stateLampColor } from "#renderer/ui/stateToken.ts";
import { endOf, lifeDuration, lifeState } from "./lifeWords.ts";
import { layOut, mergeTicks, placeAt, timeLabels, xOf, type Strip, type StripLife } from "./strip.ts";

interface Props {
  readonly lives: readonly Life[];
  readonly now: number;
  /** Of the agent that still runs. */
  readonly state: NodeState | undefined;
  readonly current: Life;
  /** Moment shown; undefined while live. */
  readonly ms: number | undefined;
  /** Times of the current life's events. */
  readonly eventTimes: readonly number[];
  readonly onGo: (life: Life, ms: number) => void;
}

const LINE_Y = 42;

/** All lives on one line. A slider for the keyboard, a ruler for the pointer. */
export function LifeStrip({ lives, now, state, current, ms, eventTimes, onGo }: Props): ReactElement {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [hoverX, setHoverX] = useState<number>();
  const strip = useMemo(() => layOut(lives, width, now), [lives, width, now]);
  const here = strip.lives.find(({ life }) => life.sessionId === current.sessionId);
  const atMs = ms ?? here?.endMs ?? now;
  const ticks = useMemo(
    () => (here === undefined ? [] : mergeTicks(eventTimes.map((time) => xOf(here, time)))),
    [here, eventTimes],
  );
  const cursorX = here === undefined ? undefined : xOf(here, atMs);
  const placeOf = (event: { clientX: number }) => event.clientX - (frame.current?.getBoundingClientRect().left ?? 0);
  const goTo = (x: number) => {
    const place = placeAt(strip, x);
    if (place !== undefined) onGo(place.life, place.ms);
  };
  return (
    <div className="life-strip" ref={frame}>
      {strip.lives.map((life) => (
        <LifeLabel key={life.life.sessionId} strip={life} now={now} state={state} />
      ))}
      <svg
        className="life-strip-line"
        width={width}
        height={88}
        role="slider"
        tabIndex={0}
        aria-label="Moment of the recording"
        {...sliderValues(here, atMs)}
        onPointerMove={(event) => {
          setHoverX(placeOf(event));
          if (event.buttons === 1) goTo(placeOf(event));
        }}
        onPointerLeave={() => setHoverX(undefined)}
        onPointerDown={(event) => goTo(placeOf(event))}
        onKeyDown={(event) => {
          const target = here === undefined ? undefined : keyedMs(here, atMs, event.key);
          if (here === undefined || target === undefined) return;
          onGo(here.life, target);
          event.preventDefault();
        }}
      >
        <StripLines strip={strip} ticks={ticks} state={state} />
        {cursorX !== undefined && <Cursor x={cursorX} />}
        {hoverX !== undefined && <path d={`M${hoverX} 32V54`} stroke="var(--border-strong)" />}
      </svg>
      {cursorX !== undefined && ms !== undefined && (
        <Flag x={cursorX} width={width} text={exactClock(atMs)} isCurrent />
      )}
      <HoverFlag strip={strip} x={hoverX} cursorX={cursorX} />
    </div>
  );
}

function sliderValues(here: StripLife | undefined, atMs: number) {
  return {
    "aria-valuemin": here?.startMs ?? 0,
    "aria-valuemax": here?.endMs ?? 0,
    "aria-valuenow": Math.round(atMs),
    "aria-valuetext": here === undefined ? exactClock(atMs) : `${exactClock(atMs)}, life ${here.life.generation}`,
  };
}

/** Where a key of a slider leads; undefined for any other key. */
function keyedMs({ startMs, endMs }: StripLife, atMs: number, key: string): number | undefined {
  const step = (endMs - startMs) / 100;
  if (key === "ArrowLeft") return Math.max(startMs, atMs - step);
  if (key === "ArrowRight") return Math.min(endMs, atMs + step);
  if (key === "Home") return startMs;
  return key === "End" ? endMs : undefined;
}

interface HoverProps {
  readonly strip: Strip;
  readonly x: number | undefined;
  readonly cursorX: number | undefined;
}

/** The time under the pointer, unless the cursor's own flag says it. */
function HoverFlag({ strip, x, cursorX }: HoverProps): ReactElement | null {
  const place = x === undefined ? undefined : placeAt(strip, x);
  if (x === undefined || place === undefined) return null;
  if (cursorX !== undefined && Math.abs(cursorX - x) < 40) return null;
  return <Flag x={x} width={strip.width} text={exactClock(place.ms)} isCurrent={false} />;
}

function LifeLabel({
  strip: { life, x0, x1 },
  now,
  state,
}: {
  readonly strip: StripLife;
  readonly now: number;
  readonly state: NodeState | undefined;
}): ReactElement {
  const width = x1 - x0;
  return (
    <span
      className="life-strip-label row small nowrap"
      style={{ left: x0, width: Math.max(16, width) }}
      title={`Life ${life.generation}, ${life.mode}, ${lifeDuration(life, now)}. ${endOf(life)}`}
    >
      <Lamp state={lifeState(life, state)} size={12} />
      {width > 44 && <span className="medium">{width > 70 ? `Life ${life.generation}` : life.generation}</span>}
      {width > 130 && (
        <span className="t3 ell">
          {life.mode}, {lifeDuration(life, now)}. {endOf(life)}
        </span>
      )}
    </span>
  );
}

function StripLines({
  strip,
  ticks,
  state,
}: {
  readonly strip: Strip;
  readonly ticks: readonly number[];
  readonly state: NodeState | undefined;
}): ReactElement {
  return (
    <>
      {strip.gaps.map((gap) => (
        <g key={gap.x0}>
          <path
            d={`M${gap.x0} ${LINE_Y}C${gap.x0 + 6} ${LINE_Y + 14} ${gap.x1 - 6} ${LINE_Y + 14} ${gap.x1} ${LINE_Y}`}
            stroke="var(--track)"
            strokeWidth="1.5"
            strokeDasharray="3 3"
            fill="none"
          />
          {gap.x1 - gap.x0 > 54 && (
            <text x={(gap.x0 + gap.x1) / 2} y={LINE_Y + 26} textAnchor="middle" className="life-strip-text">
              {durationWords(gap.ms)}
            </text>
          )}
        </g>
      ))}
      {strip.lives.map(({ life, x0, x1 }) => (
        <g key={life.sessionId}>
          <path
            d={`M${x0} ${LINE_Y}H${x1}`}
            stroke={life.endedAt === undefined ? stateLampColor(state ?? "busy") : "var(--track-main)"}
            strokeWidth="5"
          />
          <path
            d={`M${x0 + 0.75} ${LINE_Y - 7}v14M${x1 - 0.75} ${LINE_Y - 7}v14`}
            stroke="var(--track-main)"
            strokeWidth="1.5"
          />
        </g>
      ))}
      {ticks.map((x) => (
        <path key={x} d={`M${x} ${LINE_Y - 3}v6`} stroke="var(--surface-canvas)" strokeWidth="1.5" />
      ))}
      {timeLabels(strip).map(({ x, ms }) => (
        <text key={ms} x={x} y={82} textAnchor="middle" className="life-strip-text tab">
          {ms % 60_000 === 0 ? clockWords(ms, ms) : exactClock(ms)}
        </text>
      ))}
    </>
  );
}

function Cursor({ x }: { readonly x: number }): ReactElement {
  return (
    <>
      <path d={`M${x} 24V54`} stroke="var(--accent)" strokeWidth="2" />
      <circle cx={x} cy={LINE_Y} r="5" fill="var(--surface-base)" stroke="var(--accent)" strokeWidth="2.5" />
    </>
  );
}

function Flag({
  x,
  width,
  text,
  isCurrent,
}: {
  readonly x: number;
  readonly width: number;
  readonly text: string;
  readonly isCurrent: boolean;
}): ReactElement {
  return (
    <span
      className={isCurrent ? "life-strip-flag tab" : "life-strip-flag life-strip-flag-hover tab"}
      style={{ left: Math.min(width - 60, Math.max(0, x - 30)) }}
      aria-hidden="true"
    >
      {text}
    </span>
  );
}

function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(800);
  useEffect(() => {
    if (frame.current === null) return;
    const observer = new ResizeObserver(
      ([entry]) => entry !== undefined && setWidth(Math.round(entry.contentRect.width)),
    );
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}
