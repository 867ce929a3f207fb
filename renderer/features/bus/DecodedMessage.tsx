/** A message's content, decoded by the catalogue; what the catalogue does not take is shown as it came, with the reason. */
import { BookOpen, Copy } from "lucide-react";
import type { ReactElement } from "react";
import { countWords, exactClock } from "#shared/lib/words.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import { useNavigation } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { decode } from "./decode.ts";

export function DecodedMessage({ message }: { readonly message: BusMessage }): ReactElement {
  const navigation = useNavigation();
  const { type, from, data, problem, saidIn } = decode(message);
  return (
    <div className="bus-message">
      <dl className="bus-facts small">
        <dt className="t3">What</dt>
        <dd>{type === undefined ? "Not in the catalogue" : `${type}, version ${saidIn ?? 1}`}</dd>
        <dt className="t3">Number</dt>
        <dd className="tab">
          {countWords(message.seq)} of {message.stream}
        </dd>
        {from !== undefined && (
          <>
            <dt className="t3">From</dt>
            <dd className="mono">{from}</dd>
          </>
        )}
        <dt className="t3">Subject</dt>
        <dd className="mono">{message.subject}</dd>
        <dt className="t3">When</dt>
        <dd className="tab">{exactClock(Date.parse(message.time))}</dd>
      </dl>
      {problem !== undefined && <p className="small t2">{problem}</p>}
      <pre className="code-block bus-json">{typeof data === "string" ? data : JSON.stringify(data, null, 2)}</pre>
      <div className="row">
        {type !== undefined && (
          <Button
            kind="quiet"
            icon={<BookOpen size={13} />}
            onClick={() => navigation.navigate({ page: "bus", tab: "catalogue", name: `event:${type}` })}
          >
            What it means
          </Button>
        )}
        <Button kind="quiet" icon={<Copy size={13} />} onClick={() => void navigator.clipboard.writeText(message.data)}>
          Copy
        </Button>
      </div>
    </div>
  );
}
