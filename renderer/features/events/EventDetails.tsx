import { Copy, History, ListFilter, Network } from "lucide-react";
import { useState, type ReactElement } from "react";
import { countWords, dayWords, exactClock } from "#shared/lib/words.ts";
import type { StoredEvent } from "#shared/model/event.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useAppState, useNavigation } from "#renderer/state/hooks.ts";
import { showToast } from "#renderer/state/overlays.ts";
import { createRecordingClock } from "#renderer/terminal/recordingClock.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { eventLamp, eventPath, eventSession } from "./eventRow.ts";

/** One event in full, and the ways from it. */
export function EventDetails({
  event,
  onSubject,
}: {
  readonly event: StoredEvent;
  readonly onSubject: (subject: string) => void;
}): ReactElement {
  const navigation = useNavigation();
  const path = eventPath(event);
  const isInTree = useAppState((state) => path !== undefined && state.nodes.has(path));
  const lamp = eventLamp(event);
  const at = Date.parse(event.time);
  const toSession = useSessionAt(event);
  return (
    <div className="event-details">
      <div className="row">
        {lamp !== undefined && <Lamp state={lamp} size={15} />}
        <h2 className="strong">{event.type}</h2>
        <span className="grow" />
        <span className="mono t3">{countWords(event.seq)}</span>
      </div>
      <dl className="event-facts small">
        <dt className="t3">When</dt>
        <dd className="tab">
          {exactClock(at)}, {dayWords(at)}
        </dd>
        <dt className="t3">By</dt>
        <dd>{event.actor}</dd>
        <dt className="t3">Subject</dt>
        <dd className="mono event-subject-full">{event.subject}</dd>
      </dl>
      <div className="row event-links">
        {toSession !== undefined && (
          <Button icon={<History size={13} />} onClick={toSession}>
            Session at this moment
          </Button>
        )}
        {path !== undefined && isInTree && (
          <Button icon={<Network size={13} />} onClick={() => navigation.navigate({ page: "tree", path })}>
            Tree
          </Button>
        )}
        <Button icon={<ListFilter size={13} />} onClick={() => onSubject(event.subject)}>
          Only this subject
        </Button>
      </div>
      <pre className="code-block event-json">{JSON.stringify(event.data, null, 2)}</pre>
      <Button
        kind="quiet"
        icon={<Copy size={13} />}
        onClick={() => void navigator.clipboard.writeText(JSON.stringify(event, null, 2))}
      >
        Copy as JSON
      </Button>
    </div>
  );
}

/** Opens the recording where it stood when the event happened. */
function useSessionAt(event: StoredEvent): (() => void) | undefined {
  const { client, navigation, store } = useApp();
  const [isAsking, setAsking] = useState(false);
  const sessionId = eventSession(event);
  const path = eventPath(event);
  if (sessionId === undefined || path === undefined) return undefined;
  const go = async () => {
    setAsking(true);
    const timeline = await client.query("session.timeline", { sessionId });
    setAsking(false);
    if (!timeline.ok) return showToast(store, { kind: "error", text: timeline.error.message });
    const offset = createRecordingClock(timeline.value, Date.now()).offsetAt(Date.parse(event.time));
    navigation.navigate({ page: "session", path, sessionId, offset });
  };
  return () => void (isAsking || go());
}
