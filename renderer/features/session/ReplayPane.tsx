import { Pause, Play, Search, SkipBack, SkipForward } from "lucide-react";
import { useEffect, useState, type ReactElement } from "react";
import { durationWords, exactClock } from "#shared/lib/words.ts";
import type { Life } from "#shared/model/node.ts";
import { gapWords, type OutputGap } from "#shared/model/recording.ts";
import { useKeys, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { FindBar } from "#renderer/terminal/FindBar.tsx";
import type { RecordingClock } from "#renderer/terminal/recordingClock.ts";
import type { Replay, ReplayResize } from "#renderer/terminal/replay.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { ReplayTerminal } from "./ReplayTerminal.tsx";
import { usePlayer } from "./usePlayer.ts";

interface Props {
  readonly life: Life;
  readonly clock: RecordingClock;
  readonly resizes: readonly ReplayResize[];
  readonly gaps: readonly OutputGap[];
  readonly startMs: number;
  readonly onMoment: (ms: number) => void;
  readonly onStep: (direction: 1 | -1) => void;
}

/** The recording with its controls. */
export function ReplayPane({ life, clock, resizes, gaps, startMs, onMoment, onStep }: Props): ReactElement {
  const navigation = useNavigation();
  const [replay, setReplay] = useState<Replay>();
  const [isFinding, setFinding] = useState(false);
  const player = usePlayer(replay, clock, startMs);
  const { ms } = player;
  useEffect(() => onMoment(ms), [onMoment, ms]);
  useKeys("Replay", [
    { keys: "space", label: "Play or hold", run: player.toggle },
    { keys: "mod+f", label: "Find in this recording", reserved: true, run: () => setFinding(true) },
  ]);
  const ago = useNowText((now) => durationWords(now - ms));
  return (
    <>
      <div className="replay-bar">
        <span className="medium nowrap tab">Replay at {exactClock(ms)}</span>
        <span className="t3 ell">
          {ago} before now, life {life.generation}
          {player.progress !== undefined && `. Reading, ${Math.round(player.progress * 100)}%`}
        </span>
        <span className="grow" />
        <Button
          kind="quiet"
          icon={<Search size={13} />}
          aria-label="Find in this recording"
          onClick={() => setFinding(!isFinding)}
        />
        <Button
          kind="quiet"
          icon={<SkipBack size={13} />}
          keys="["
          aria-label="Previous event"
          onClick={() => onStep(-1)}
        >
          Event
        </Button>
        <Button
          kind="quiet"
          icon={player.isPlaying ? <Pause size={13} /> : <Play size={13} />}
          keys="space"
          onClick={player.toggle}
        >
          {player.isPlaying ? "Hold" : "Play"}
        </Button>
        <Button kind="quiet" aria-label={`Speed ${player.speed} times`} title="Next speed" onClick={player.nextSpeed}>
          {player.speed}×
        </Button>
        <Button
          kind="quiet"
          icon={<SkipForward size={13} />}
          keys="]"
          aria-label="Next event"
          onClick={() => onStep(1)}
        >
          Event
        </Button>
      </div>
      {gaps.length > 0 && <GapNote gaps={gaps} />}
      <div className="replay-body">
        {isFinding && (
          <FindBar
            find={replay?.find}
            path={life.path}
            onOpenHit={({ sessionId, offset }) =>
              navigation.navigate({ page: "session", path: life.path, sessionId, offset })
            }
            onClose={() => setFinding(false)}
          />
        )}
        <ReplayTerminal
          sessionId={life.sessionId}
          resizes={resizes}
          label={`Recording of ${life.path}, life ${life.generation}`}
          onReplay={setReplay}
        />
      </div>
    </>
  );
}

/** What of this recording is gone; a long list is cut, the command line says all of it. */
function GapNote({ gaps }: { readonly gaps: readonly OutputGap[] }): ReactElement {
  const [first, ...more] = gaps;
  return (
    <p className="small t2 replay-gaps" role="note">
      {first !== undefined && gapWords(first)}
      {more.length > 0 && ` And ${more.length} more.`}
    </p>
  );
}
