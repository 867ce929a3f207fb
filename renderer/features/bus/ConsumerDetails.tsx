/** One consumer in full: how it reads, how far it is, and the way to forget it. */
import { Trash2 } from "lucide-react";
import type { ReactElement } from "react";
import { countWords, durationWords, plural } from "#shared/lib/words.ts";
import type { ConsumerInfo } from "#shared/model/bus.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { consumerLamp, consumerWords } from "./consumerWords.ts";

const BEGINS: Readonly<Record<ConsumerInfo["config"]["deliver"], string>> = {
  all: "with the oldest message kept",
  last: "with the newest message",
  last_per_subject: "with the newest message of each subject",
  new: "with what came after it was made",
  by_start_sequence: "at a number",
  by_start_time: "at a moment",
};

export function ConsumerDetails({ consumer }: { readonly consumer: ConsumerInfo }): ReactElement {
  const { config, stream, name, ackPending } = consumer;
  const forget = useForget(consumer);
  return (
    <div className="bus-details">
      <h2 className="strong">{name}</h2>
      {config.about !== undefined && <p className="t2">{config.about}</p>}
      <p className="consumer-state">
        <Lamp state={consumerLamp(consumer)} size={13} /> {consumerWords(consumer)}
      </p>
      <dl className="bus-facts small">
        <dt className="t3">Reads</dt>
        <dd>
          {stream}, <span className="mono">{config.filters.join(", ") || "everything"}</span>
        </dd>
        <dt className="t3">Behind</dt>
        <dd className="tab">{plural(consumer.lag, "message")}</dd>
        <dt className="t3">Redelivered</dt>
        <dd className="tab">{plural(consumer.redelivered, "message")}</dd>
        <dt className="t3">Began</dt>
        <dd>{BEGINS[config.deliver]}</dd>
        <dt className="t3">Delivered</dt>
        <dd className="tab">up to number {countWords(consumer.delivered.streamSeq)}</dd>
        <dt className="t3">Acknowledged</dt>
        <dd className="tab">everything up to {countWords(consumer.ackFloor)}</dd>
        <dt className="t3">Answer due</dt>
        <dd>within {durationWords(config.ackWaitMs)}, else it is delivered again</dd>
        {config.backoffMs !== undefined && config.backoffMs.length > 0 && (
          <>
            <dt className="t3">Waits</dt>
            <dd>{config.backoffMs.map((ms) => durationWords(ms)).join(", ")} between the tries</dd>
          </>
        )}
        <dt className="t3">Tries</dt>
        <dd>{config.maxDeliver < 0 ? "without end" : `${config.maxDeliver}, then it becomes a dead letter`}</dd>
        <dt className="t3">In flight</dt>
        <dd>
          {countWords(ackPending)}, at most {countWords(config.maxAckPending)}
        </dd>
      </dl>
      {forget}
    </div>
  );
}

function useForget({ stream, name, lag, ackPending }: ConsumerInfo): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const command = useCommand("bus.deleteConsumer");
  const ask = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: `Forget ${name}?`,
        body: `Its place in ${stream} is lost${lag + ackPending > 0 ? `, and ${countWords(lag + ackPending)} messages that it has not acknowledged are delivered to nobody` : ""}. The messages themselves stay. Whoever needs this consumer makes it again.`,
        action: "Forget",
        isDangerous: true,
        run: () => void command.run({ stream, name }),
      },
    });
  return (
    <Button
      kind="danger-text"
      icon={<Trash2 size={13} />}
      disabled={!isLive}
      running={command.isPending && "Forgetting"}
      onClick={ask}
    >
      Forget this consumer
    </Button>
  );
}
