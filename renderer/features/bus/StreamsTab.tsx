/** Streams, who reads them, how far they are, and what that means. */
import { ListFilter } from "lucide-react";
import { useRef, useState, type ReactElement } from "react";
import { bytesWords, countWords, plural } from "#shared/lib/words.ts";
import type { ConsumerInfo, StreamInfo } from "#shared/model/bus.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useKeys, useNavigation, useNowText, useRoute } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { BusFrame } from "./BusFrame.tsx";
import { ConsumerDetails } from "./ConsumerDetails.tsx";
import { busWords, consumerLamp, consumerState, consumerWords } from "./consumerWords.ts";
import { StreamDetails } from "./StreamDetails.tsx";

/** How often the numbers are asked for: fast enough to see them move. */
const EVERY_MS = 2_000;

export function StreamsTab(): ReactElement {
  const page = useStreams();
  const { streams, consumers, select } = page;
  const problem = streams.error ?? consumers.error;
  return (
    <BusFrame
      tab="streams"
      fact={consumers.data !== undefined && busWords(consumers.data)}
      actions={
        <Field
          icon={<ListFilter size={13} />}
          keys="/"
          width={180}
          type="search"
          placeholder="Filter"
          aria-label="Filter streams and consumers"
          value={page.text}
          inputRef={page.field}
          onChange={(event) => page.setText(event.target.value)}
        />
      }
      inspector={inspectorOf(page)}
      onCloseInspector={() => select(undefined)}
    >
      {problem !== null && <Problem title={problem.message} action="Try again" onAction={page.again} />}
      {problem === null && (streams.data === undefined || consumers.data === undefined) && <Skeleton rows={8} />}
      {problem === null && streams.data !== undefined && consumers.data !== undefined && <Table page={page} />}
    </BusFrame>
  );
}

function Table({ page }: { readonly page: ReturnType<typeof useStreams> }): ReactElement {
  const { rows, selected, select, text, consumers } = page;
  return (
    <div className="bus">
      <div className="consumer-row bus-head" aria-hidden="true">
        <span>Consumer</span>
        <span>Listens to</span>
        <span className="num">Behind</span>
        <span className="num">In flight</span>
        <span className="num">Redelivered</span>
        <span>State</span>
      </div>
      {rows.length === 0 ? (
        <p className="page-note t2">
          No stream and no consumer is called that, and none takes such a subject. Names and subjects are searched.
        </p>
      ) : (
        <div className="scroll bus-scroll">
          <div role="tree" aria-label="Streams and their consumers">
            {rows.map(({ stream, own }) => (
              <Stream key={stream.name} stream={stream} consumers={own} selected={selected} onSelect={select} />
            ))}
          </div>
          {consumers.data?.length === 0 && text === "" && <NobodyReads />}
        </div>
      )}
    </div>
  );
}

function useStreams() {
  const route = useRoute();
  const navigation = useNavigation();
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const key = useNowText((now) => String(Math.floor(now / EVERY_MS)));
  const streams = useCoreQuery("bus.streams", {}, { key, staleMs: 0 });
  const consumers = useCoreQuery("bus.consumers", {}, { key, staleMs: 0 });
  const selected = route.page === "bus" ? route.name : undefined;
  const select = (name: string | undefined) =>
    navigation.replace({ page: "bus", tab: "streams", ...(name === undefined ? {} : { name }) });
  const rows = rowsOf(streams.data?.streams ?? [], consumers.data ?? [], text);
  const step = (by: 1 | -1) => {
    const names = rows.flatMap(({ stream, own }) => [stream.name, ...own.map(consumerKey)]);
    const at = selected === undefined ? -1 : names.indexOf(selected);
    select(names[at < 0 ? 0 : Math.min(names.length - 1, Math.max(0, at + by))]);
  };
  useKeys("Streams", [
    { keys: "/", label: "Filter streams and consumers", run: () => field.current?.select() },
    { keys: "j", label: "Next row", run: () => step(1) },
    { keys: "k", label: "Row above", run: () => step(-1) },
    { keys: "down", label: "Next row", run: () => step(1), hidden: true },
    { keys: "up", label: "Row above", run: () => step(-1), hidden: true },
    { keys: "i", label: "Close the inspector", run: () => select(undefined) },
  ]);
  const again = () => void Promise.all([streams.refetch(), consumers.refetch()]);
  return { text, setText, field, streams, consumers, rows, selected, select, again };
}

interface StreamRows {
  readonly stream: StreamInfo;
  readonly own: readonly ConsumerInfo[];
}

function rowsOf(
  streams: readonly StreamInfo[],
  consumers: readonly ConsumerInfo[],
  text: string,
): readonly StreamRows[] {
  const wanted = text.trim().toLowerCase();
  const has = (...words: readonly string[]) => words.some((word) => word.toLowerCase().includes(wanted));
  return streams.flatMap((stream) => {
    const own = consumers.filter((consumer) => consumer.stream === stream.name);
    if (has(stream.name, ...stream.subjects)) return [{ stream, own }];
    const found = own.filter((consumer) => has(consumer.name, ...consumer.config.filters));
    return found.length === 0 ? [] : [{ stream, own: found }];
  });
}

function consumerKey({ stream, name }: ConsumerInfo): string {
  return `${stream}/${name}`;
}

function inspectorOf({ rows, selected }: ReturnType<typeof useStreams>): ReactElement | undefined {
  for (const { stream, own } of rows) {
    if (stream.name === selected) return <StreamDetails stream={stream} consumers={own.length} />;
    const consumer = own.find((one) => consumerKey(one) === selected);
    if (consumer !== undefined) return <ConsumerDetails consumer={consumer} />;
  }
  return undefined;
}

function NobodyReads(): ReactElement {
  return (
    <Blank
      title="Nobody reads from the bus yet."
      commands={["signalbox bus tail 'ws.>'", 'signalbox bus pub msg.hello \'{"text":"hi"}\'']}
    >
      Each stream keeps what is published under its subjects. Agents, workflows and tools become its consumers; how far
      each has read, and what failed, is shown here.
    </Blank>
  );
}

interface StreamProps {
  readonly stream: StreamInfo;
  readonly consumers: readonly ConsumerInfo[];
  readonly selected: string | undefined;
  readonly onSelect: (name: string) => void;
}

function Stream({ stream, consumers, selected, onSelect }: StreamProps): ReactElement {
  return (
    <>
      <div
        role="treeitem"
        aria-level={1}
        aria-expanded={consumers.length > 0}
        aria-selected={selected === stream.name}
        aria-label={`Stream ${stream.name}, ${plural(stream.messages, "message")}, ${plural(consumers.length, "consumer")}`}
        tabIndex={-1}
        className="stream-row"
        onClick={() => onSelect(stream.name)}
      >
        <span className="strong">{stream.name}</span>
        <span className="mono t3 ell">{stream.subjects.join("  ")}</span>
        <span className="t2 small ell stream-about">{stream.about}</span>
        <span className="grow" />
        {consumers.length === 0 && (
          <span className="t3 small nowrap" title="What is published is kept for whoever comes.">
            No consumer
          </span>
        )}
        <span className="t2 small tab nowrap stream-kept">
          {plural(stream.messages, "message")}
          {stream.bytes > 0 && `, ${bytesWords(stream.bytes)}`}
        </span>
      </div>
      {consumers.map((consumer) => (
        <Consumer
          key={consumer.name}
          consumer={consumer}
          isSelected={selected === consumerKey(consumer)}
          onSelect={() => onSelect(consumerKey(consumer))}
        />
      ))}
    </>
  );
}

function Consumer({
  consumer,
  isSelected,
  onSelect,
}: {
  readonly consumer: ConsumerInfo;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}): ReactElement {
  const words = consumerWords(consumer);
  return (
    <div
      role="treeitem"
      aria-level={2}
      aria-selected={isSelected}
      aria-label={`Consumer ${consumer.name}: ${words}`}
      tabIndex={-1}
      className={`consumer-row consumer-${consumerState(consumer)}`}
      onClick={onSelect}
    >
      <span className="medium ell">{consumer.name}</span>
      <span className="mono t3 ell">{consumer.config.filters.join("  ") || "everything"}</span>
      <span className="num tab">{countWords(consumer.lag)}</span>
      <span className="num tab">{countWords(consumer.ackPending)}</span>
      <span className="num tab">{countWords(consumer.redelivered)}</span>
      <span className="consumer-words">
        <Lamp state={consumerLamp(consumer)} size={12} />
        <span className="ell">{words}</span>
      </span>
    </div>
  );
}
