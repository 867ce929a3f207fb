/** What a consumer's numbers mean, in a sentence, and how a bus as a whole is. Pure. */
import { countWords, plural } from "#shared/lib/words.ts";
import type { ConsumerInfo, StreamInfo } from "#shared/model/bus.ts";

/** What a person must do something about, what to watch, and what is well. */
export type ReaderState = "trouble" | "behind" | "fine";

/** So far behind that it is more than a moment's work. */
const FAR_BEHIND = 100;

export function readerState(reader: ConsumerInfo): ReaderState {
  const waits = reader.lag + reader.ackPending > 0;
  if ((!reader.isActive && waits) || reader.ackPending >= reader.config.maxAckPending) return "trouble";
  return reader.redelivered > 0 || reader.lag >= FAR_BEHIND ? "behind" : "fine";
}

export function readerWords(reader: ConsumerInfo): string {
  const { lag, ackPending, redelivered, config, isActive } = reader;
  const waiting = lag + ackPending;
  if (!isActive)
    return waiting === 0
      ? "Nobody listens now; nothing waits."
      : `Nobody listens: ${plural(waiting, "message waits", "messages wait")} until it comes back.`;
  if (ackPending >= config.maxAckPending)
    return `Full: ${countWords(ackPending)} are under way and none is answered. Look why its handler hangs.`;
  if (redelivered > 0)
    return `${plural(redelivered, "message")} failed and is tried again. ${triesWords(config.maxDeliver)}`;
  if (lag >= FAR_BEHIND) return `${countWords(lag)} behind; it works through them.`;
  if (waiting > 0) return "At work.";
  return "Up to date.";
}

function triesWords(maxDeliver: number): string {
  return maxDeliver < 0 ? "It is tried without end." : `After ${plural(maxDeliver, "try", "tries")} it is given up.`;
}

/** The one sentence a person came for. */
export function busWords(readers: readonly ConsumerInfo[]): string {
  if (readers.length === 0) return "Nobody reads yet";
  const troubled = readers.filter((reader) => readerState(reader) === "trouble").length;
  if (troubled > 0) return `${plural(troubled, "reader needs", "readers need")} a look`;
  const behind = readers.filter((reader) => readerState(reader) === "behind").length;
  if (behind > 0) return `${plural(behind, "reader is", "readers are")} behind or try again`;
  return readers.length === 1 ? "The reader is up to date" : `All ${readers.length} readers are up to date`;
}

export function limitWords({ maxMsgs, maxBytes, maxAgeMs, discard }: StreamInfo): string {
  const limits = [
    ...(maxAgeMs === undefined ? [] : [plural(Math.round(maxAgeMs / 86_400_000), "day")]),
    ...(maxBytes === undefined ? [] : [`${Math.round(maxBytes / 1024 ** 2)} MB`]),
    ...(maxMsgs === undefined ? [] : [`${countWords(maxMsgs)} messages`]),
  ];
  if (limits.length === 0) return "Everything is kept.";
  return `${limits.join(", ")}; beyond that ${discard === "old" ? "the oldest go" : "new ones are refused"}.`;
}
