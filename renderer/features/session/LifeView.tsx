import { useEffect, useMemo, useState, type ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import type { Life } from "#shared/model/node.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useKeys, useNavigation } from "#renderer/state/hooks.ts";
import { LiveTerminal } from "#renderer/terminal/LiveTerminal.tsx";
import { createRecordingClock, type RecordingClock } from "#renderer/terminal/recordingClock.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { isSheet } from "#renderer/ui/widths.ts";
import { LifeStrip } from "./LifeStrip.tsx";
import { ReplayPane } from "./ReplayPane.tsx";
import { SessionActions, SessionTitle } from "./SessionHeader.tsx";
import { SessionSide } from "./SessionSide.tsx";

interface Props {
  readonly path: string;
  readonly node: NodePatch | undefined;
  /** Newest first. */
  readonly lives: readonly Life[];
  readonly life: Life;
  /** Where the link led to, in bytes of this life. */
  readonly offset: number | undefined;
}

/** A running life begins live; one that ended, or a link to a moment, begins as a replay held there. */
export function LifeView(props: Props): ReactElement {
  const { path, node, lives, life } = props;
  const view = useLifeView(props);
  const { isLive, clock, start, shownMs } = view;
  const [isSideOpen, setSideOpen] = useState(() => !isSheet());
  const toggleSide = () => setSideOpen((isOpen) => !isOpen);
  useKeys("Session", [
    { keys: "l", label: "Go to live", run: view.goLive },
    { keys: "[", label: "Previous event", run: () => view.step(-1) },
    { keys: "]", label: "Next event", run: () => view.step(1) },
    { keys: "i", label: "Lives and events beside it", run: toggleSide },
  ]);
  return (
    <Page
      title={path.split("/").at(-1) ?? path}
      fact={<SessionTitle node={node} life={life} />}
      actions={
        <SessionActions
          path={path}
          life={life}
          isLive={isLive}
          atMs={isLive ? undefined : (shownMs ?? start)}
          canGoLive={lives[0]?.endedAt === undefined}
          onLive={view.goLive}
          isSideOpen={isSideOpen}
          onSide={toggleSide}
        />
      }
      bleed
      inspector={
        isSideOpen && (
          <SessionSide
            lives={lives}
            current={life}
            node={node}
            events={view.events}
            shownMs={shownMs ?? clock?.endMs}
            onLife={view.goToLife}
            onEvent={(ms) => view.go(life, ms)}
          />
        )
      }
      onCloseInspector={toggleSide}
    >
      <div className="session">
        <LifeStrip
          lives={lives}
          now={view.now}
          state={node?.state}
          current={life}
          ms={isLive ? undefined : (shownMs ?? start)}
          eventTimes={view.eventTimes}
          onGo={view.go}
        />
        <LifeScreen life={life} view={view} />
      </div>
    </Page>
  );
}

/** The live terminal, or the recording. */
function LifeScreen({
  life,
  view,
}: {
  readonly life: Life;
  readonly view: ReturnType<typeof useLifeView>;
}): ReactElement {
  const { timeline, clock, start } = view;
  return (
    <div className="session-screen">
      {timeline.error !== null && (
        <Problem title={timeline.error.message} action="Try again" onAction={() => void timeline.refetch()} />
      )}
      {view.isLive && (
        <LiveTerminal key={life.sessionId} sessionId={life.sessionId} label={`Terminal of ${life.path}, live`} />
      )}
      {clock !== undefined && timeline.data !== undefined && start !== undefined && (
        <ReplayPane
          key={life.sessionId}
          life={life}
          clock={clock}
          resizes={timeline.data.resizes}
          gaps={timeline.data.gaps ?? []}
          startMs={start}
          onMoment={view.setShown}
          onStep={view.step}
        />
      )}
    </div>
  );
}

/** Which moment of which life is shown, and the ways to another. */
function useLifeView({ path, lives, life, offset }: Props) {
  const navigation = useNavigation();
  const [moment, setMoment] = useState<{ readonly ms: number; readonly sessionId: string }>();
  const [shown, setShown] = useState<number>();
  const [openedAt] = useState(() => Date.now());
  const timeline = useCoreQuery("session.timeline", { sessionId: life.sessionId });
  const { refetch } = timeline;
  useEffect(() => {
    void refetch();
  }, [life.endedAt, refetch]);
  const now = Math.max(openedAt, timeline.dataUpdatedAt);
  const clock = useMemo(
    () => (timeline.data === undefined ? undefined : createRecordingClock(timeline.data, now)),
    [timeline.data, now],
  );
  const events = useMemo(() => timeline.data?.events ?? [], [timeline.data]);
  const eventTimes = useMemo(() => events.map((event) => Date.parse(event.time)), [events]);
  const isRunning = life.endedAt === undefined;
  const start = startOf({
    chosen: moment?.sessionId === life.sessionId ? moment.ms : undefined,
    offset,
    isRunning,
    clock,
  });
  const isLive = isRunning && start === undefined;
  const shownMs = isLive ? undefined : shown;
  const go = (target: Life, ms: number) => {
    setMoment({ ms, sessionId: target.sessionId });
    if (target.sessionId === life.sessionId) void refetch();
    else navigation.replace({ page: "session", path, sessionId: target.sessionId });
  };
  const goLive = () => {
    if (lives[0]?.endedAt !== undefined) return;
    setMoment(undefined);
    navigation.replace({ page: "session", path });
  };
  const step = (direction: 1 | -1) => {
    const from = shownMs ?? clock?.endMs ?? 0;
    const target =
      direction > 0 ? eventTimes.find((time) => time > from + 1) : eventTimes.findLast((time) => time < from - 1);
    if (target !== undefined) go(life, target);
  };
  const goToLife = (target: Life) => {
    if (target.endedAt === undefined) goLive();
    else go(target, Date.parse(target.endedAt));
  };
  return { timeline, now, clock, events, eventTimes, start, isLive, shownMs, setShown, go, goLive, goToLife, step };
}

interface Start {
  readonly chosen: number | undefined;
  readonly offset: number | undefined;
  readonly isRunning: boolean;
  readonly clock: RecordingClock | undefined;
}

/** The moment a replay starts at; undefined for live. A link's offset is shown with the line it points to printed. */
function startOf({ chosen, offset, isRunning, clock }: Start): number | undefined {
  if (chosen !== undefined) return chosen;
  if (clock === undefined) return isRunning && offset === undefined ? undefined : 0;
  if (offset !== undefined) return clock.timeAt(Math.min(clock.bytes, offset + LINE_BYTES));
  return isRunning ? undefined : clock.endMs;
}
const LINE_BYTES = 400;
