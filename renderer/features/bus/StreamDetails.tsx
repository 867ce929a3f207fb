/** One stream in full, with the newest of what it keeps. */
import { Radio } from "lucide-react";
import type { ReactElement } from "react";
import { bytesWords, countWords, durationWords } from "#shared/lib/words.ts";
import type { StreamInfo } from "#shared/model/bus.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNavigation } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { DecodedMessage } from "./DecodedMessage.tsx";
import { limitWords } from "./consumerWords.ts";

const SHOWN = 20;

export function StreamDetails({
  stream,
  consumers,
}: {
  readonly stream: StreamInfo;
  readonly consumers: number;
}): ReactElement {
  const navigation = useNavigation();
  return (
    <div className="bus-details">
      <h2 className="strong">{stream.name}</h2>
      {stream.about !== undefined && <p className="t2">{stream.about}</p>}
      <dl className="bus-facts small">
        <dt className="t3">Takes</dt>
        <dd className="mono">{stream.subjects.join(", ")}</dd>
        <dt className="t3">Keeps</dt>
        <dd>
          {countWords(stream.messages)} messages{stream.bytes > 0 && `, ${bytesWords(stream.bytes)}`}
        </dd>
        <dt className="t3">Numbers</dt>
        <dd className="tab">
          {stream.messages === 0 ? "none yet" : `${countWords(stream.firstSeq)} to ${countWords(stream.lastSeq)}`}
        </dd>
        <dt className="t3">Limit</dt>
        <dd>{limitWords(stream)}</dd>
        <dt className="t3">Per message</dt>
        <dd>at most {bytesWords(stream.maxMsgBytes)}</dd>
        <dt className="t3">Duplicates</dt>
        <dd>
          {stream.isReadOnly
            ? "none: only Signalbox itself writes here"
            : `dropped within ${durationWords(stream.dedupeWindowMs)}`}
        </dd>
        <dt className="t3">Consumers</dt>
        <dd>{consumers === 0 ? "none" : consumers}</dd>
      </dl>
      <Button
        icon={<Radio size={13} />}
        onClick={() => navigation.navigate({ page: "bus", tab: "live", pattern: stream.subjects[0] ?? ">" })}
      >
        Watch live
      </Button>
      <div className="section-head">The newest</div>
      <Newest stream={stream} />
    </div>
  );
}

function Newest({ stream }: { readonly stream: StreamInfo }): ReactElement {
  const from = Math.max(stream.firstSeq, stream.lastSeq - SHOWN + 1);
  const query = useCoreQuery(
    "bus.read",
    { stream: stream.name, from, limit: SHOWN },
    { key: String(stream.lastSeq), enabled: stream.messages > 0 },
  );
  if (stream.messages === 0) return <p className="small t3">Nothing was published yet.</p>;
  if (query.error !== null)
    return <Problem title={query.error.message} action="Try again" onAction={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton rows={3} />;
  return (
    <div className="bus-newest">
      {query.data.messages.toReversed().map((message) => (
        <details key={message.seq}>
          <summary className="small mono ell">
            <span className="t3">{countWords(message.seq)}</span> {message.subject}
          </summary>
          <DecodedMessage message={message} />
        </details>
      ))}
    </div>
  );
}
