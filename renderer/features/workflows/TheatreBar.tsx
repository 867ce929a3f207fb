/** Play, hold, speed, a line of time with a tick for each event, and the way back to live. */
import { Pause, Play, SkipBack, SkipForward } from "lucide-react";
import type { ReactElement } from "react";
import { exactClock } from "#shared/lib/words.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { eventLine } from "./eventLine.ts";
import { nextSpeed, type Theatre } from "./useTheatre.ts";

export function TheatreBar({ theatre }: { readonly theatre: Theatre }): ReactElement {
  const { atMs, endMs, frames, frame, isPlaying, speed } = theatre;
  const isLive = atMs === undefined;
  const shown = frames[frame];
  return (
    <div className="wf-theatre" role="group" aria-label="Replay">
      <Button
        kind="quiet"
        icon={<SkipBack size={14} />}
        aria-label="Previous event"
        disabled={frames.length === 0}
        onClick={() => theatre.step(-1)}
      />
      <Button
        icon={isPlaying ? <Pause size={14} /> : <Play size={14} />}
        keys="space"
        disabled={frames.length === 0}
        onClick={theatre.toggle}
      >
        {isPlaying ? "Hold" : "Play"}
      </Button>
      <Button
        kind="quiet"
        icon={<SkipForward size={14} />}
        aria-label="Next event"
        disabled={frames.length === 0}
        onClick={() => theatre.step(1)}
      />
      <Button
        aria-label={`Speed ${speed}`}
        title="Speed of the replay"
        keys="v"
        className="wf-speed"
        onClick={() => theatre.setSpeed(nextSpeed(speed))}
      >
        {speed}×
      </Button>
      <div className="wf-scrub">
        <svg className="wf-scrub-ticks" width="100%" height="20" aria-hidden="true">
          {frames.map(({ event, atMs: at }) => (
            <rect
              key={event.seq}
              className={event.type === "workflow.step_moved" ? "wf-scrub-tick" : "wf-scrub-tick wf-scrub-note"}
              x={`${endMs === 0 ? 0 : (at / endMs) * 100}%`}
              y="4"
              width="1.5"
              height="12"
            />
          ))}
        </svg>
        <input
          type="range"
          min={0}
          max={Math.max(1, endMs)}
          step={10}
          value={atMs ?? endMs}
          aria-label="Moment of the run"
          aria-valuetext={shown === undefined ? "Live" : eventLine(shown.event)}
          onChange={(event) => theatre.goTo(Number(event.target.value))}
        />
      </div>
      <span className="wf-theatre-clock small t2 tab">{isLive ? "" : exactClock(theatre.now)}</span>
      <Button kind={isLive ? "plain" : "primary"} keys="l" disabled={isLive} onClick={theatre.goLive}>
        Live
      </Button>
    </div>
  );
}
