/** Streams, who reads them, how far they are, and what that means. */
import { ListFilter } from "lucide-react";
import { useRef, useState, type ReactElement } from "react";
import { bytesWords, countWords, plural } from "#shared/lib/words.ts";
import type { ConsumerInfo, StreamInfo } from "#shared/model/bus.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useKeys, useNavigation, useNowText, useRoute } from "#renderer/state/hooks.ts";
import { Field } from "#renderer/ui/Field.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { BusFrame } from "./BusFrame.tsx";
import { ReaderDetails } from "./ReaderDetails.tsx";
import { busWords, readerState, readerWords } from "./readerWords.ts";
import { StreamDetails } from "./StreamDetails.tsx";

/** How often the numbers are asked for: fast enough to see them move. */
const EVERY_MS = 2_000;

export function StreamsTab(): ReactElement {
  const page = useStreams();
  const { streams, readers, rows, selected, select } = page;
  const problem = streams.error ?? readers.error;
  return (
    <BusFrame
      tab="streams"
      fact={readers.data !== undefined && busWords(readers.data)}
      actions={
        <Field
          icon={<ListFilter size={13} />}
          keys="/"
          width={180}
          type="search"
          placeholder="Filter"
          aria-label="Filter streams and readers"
          value={page.text}
          inputRef={page.field}
          onChange={(event) => page.setText(event.target.value)}
        />
      }
      inspector={inspectorOf(page)}
      onCloseInspector={() => select(undefined)}
    >
      {problem !== null && <Problem title={problem.message} action="Try again" onAction={page.again} />}
      {problem === null && (streams.data === undefined || readers.data === undefined) && <Skeleton rows={8} />}
      {problem === null && streams.data !== undefined && readers.data !== undefined && (
        <div className="bus">
          <div className="reader-row bus-head" aria-hidden="true">
            <span>Reader</span>
            <span>Listens to</span>
            <span className="num">Behind</span>
            <span className="num">Under way</span>
            <span className="num">Again</span>
            <span>What it means</span>
          </div>
          {rows.length === 0 ? (
            <p className="bus-empty t2">No stream and no reader is called that.</p>
          ) : (
            <div className="scroll bus-scroll" role="tree" aria-label="Streams and their readers">
              {rows.map(({ stream, own }) => (
                <Stream key={stream.name} stream={stream} readers={own} selected={selected} onSelect={select} />
              ))}
            </div>
          )}
        </div>
      )}
    </BusFrame>
  );
}

function useStreams() {
  const route = useRoute();
  const navigation = useNavigation();
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const key = useNowText((now) => String(Math.floor(now / EVERY_MS)));
  const streams = useCoreQuery("bus.streams", {}, { key, staleMs: 0 });
  const readers = useCoreQuery("bus.consumers", {}, { key, staleMs: 0 });
  const selected = route.page === "bus" ? route.name : undefined;
  const select = (name: string | undefined) =>
    navigation.replace({ page: "bus", tab: "streams", ...(name === undefined ? {} : { name }) });
  const rows = rowsOf(streams.data?.streams ?? [], readers.data ?? [], text);
  const step = (by: 1 | -1) => {
    const names = rows.flatMap(({ stream, own }) => [stream.name, ...own.map(readerKey)]);
    const at = selected === undefined ? -1 : names.indexOf(selected);
    select(names[at < 0 ? 0 : Math.min(names.length - 1, Math.max(0, at + by))]);
  };
  useKeys("Streams", [
    { keys: "/", label: "Filter streams and readers", run: () => field.current?.select() },
    { keys: "j", label: "Next row", run: () => step(1) },
    { keys: "k", label: "Row above", run: () => step(-1) },
    { keys: "down", label: "Next row", run: () => step(1), hidden: true },
    { keys: "up", label: "Row above", run: () => step(-1), hidden: true },
    { keys: "i", label: "Close the inspector", run: () => select(undefined) },
  ]);
  const again = () => void Promise.all([streams.refetch(), readers.refetch()]);
  return { text, setText, field, streams, readers, rows, selected, select, again };
}

interface StreamRows {
  readonly stream: StreamInfo;
  readonly own: readonly ConsumerInfo[];
}

function rowsOf(streams: readonly StreamInfo[], readers: readonly ConsumerInfo[], text: string): readonly StreamRows[] {
  const wanted = text.trim().toLowerCase();
  const has = (...words: readonly string[]) => words.some((word) => word.toLowerCase().includes(wanted));
  return streams.flatMap((stream) => {
    const own = readers.filter((reader) => reader.stream === stream.name);
    if (has(stream.name, ...stream.subjects)) return [{ stream, own }];
    const found = own.filter((reader) => has(reader.name, ...reader.config.filters));
    return found.length === 0 ? [] : [{ stream, own: found }];
  });
}

function readerKey({ stream, name }: ConsumerInfo): string {
  return `${stream}/${name}`;
}

function inspectorOf({ rows, selected }: ReturnType<typeof useStreams>): ReactElement | undefined {
  for (const { stream, own } of rows) {
    if (stream.name === selected) return <StreamDetails stream={stream} readers={own.length} />;
    const reader = own.find((one) => readerKey(one) === selected);
    if (reader !== undefined) return <ReaderDetails reader={reader} />;
  }
  return undefined;
}

interface StreamProps {
  readonly stream: StreamInfo;
  readonly readers: readonly ConsumerInfo[];
  readonly selected: string | undefined;
  readonly onSelect: (name: string) => void;
}

function Stream({ stream, readers, selected, onSelect }: StreamProps): ReactElement {
  return (
    <>
      <div
        role="treeitem"
        aria-level={1}
        aria-expanded={readers.length > 0}
        aria-selected={selected === stream.name}
        aria-label={`Stream ${stream.name}, ${plural(stream.messages, "message")}, ${plural(readers.length, "reader")}`}
        tabIndex={-1}
        className="stream-row"
        onClick={() => onSelect(stream.name)}
      >
        <span className="strong">{stream.name}</span>
        <span className="mono t3 ell">{stream.subjects.join("  ")}</span>
        <span className="t2 small ell stream-about">{stream.about}</span>
        <span className="grow" />
        <span className="t2 small tab nowrap">
          {countWords(stream.messages)} kept{stream.bytes > 0 && `, ${bytesWords(stream.bytes)}`}
        </span>
      </div>
      {readers.length === 0 && (
        <div className="reader-none t3 small">Nobody reads it. What is published is kept for whoever comes.</div>
      )}
      {readers.map((reader) => (
        <Reader
          key={reader.name}
          reader={reader}
          isSelected={selected === readerKey(reader)}
          onSelect={() => onSelect(readerKey(reader))}
        />
      ))}
    </>
  );
}

function Reader({
  reader,
  isSelected,
  onSelect,
}: {
  readonly reader: ConsumerInfo;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}): ReactElement {
  const words = readerWords(reader);
  return (
    <div
      role="treeitem"
      aria-level={2}
      aria-selected={isSelected}
      aria-label={`Reader ${reader.name}: ${words}`}
      tabIndex={-1}
      className={`reader-row reader-${readerState(reader)}`}
      onClick={onSelect}
    >
      <span className="medium ell">{reader.name}</span>
      <span className="mono t3 ell">{reader.config.filters.join("  ") || "everything"}</span>
      <span className="num tab">{countWords(reader.lag)}</span>
      <span className="num tab">{countWords(reader.ackPending)}</span>
      <span className="num tab">{countWords(reader.redelivered)}</span>
      <span className="ell reader-words">{words}</span>
    </div>
  );
}
