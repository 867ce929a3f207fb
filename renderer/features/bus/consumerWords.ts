/** What a consumer's numbers mean, in a sentence, and how a bus as a whole is. Pure. */
import { countWords, plural } from "#shared/lib/words.ts";
import type { ConsumerInfo, StreamInfo } from "#shared/model/bus.ts";
import type { NodeState } from "#shared/model/states.ts";

/** What a person must do something about, what to watch, and what is well. */
export type ConsumerState = "trouble" | "behind" | "fine";

/** So far behind that it is more than a moment's work. */
const FAR_BEHIND = 100;

export function consumerState(consumer: ConsumerInfo): ConsumerState {
  const waits = consumer.lag + consumer.ackPending > 0;
  if ((!consumer.isActive && waits) || consumer.ackPending >= consumer.config.maxAckPending) return "trouble";
  return consumer.redelivered > 0 || consumer.lag >= FAR_BEHIND ? "behind" : "fine";
}

const LAMPS: Readonly<Record<ConsumerState, NodeState>> = {
  trouble: "waiting_permission",
  behind: "rate_limited",
  fine: "idle",
};

/** The silhouette beside its words. */
export function consumerLamp(consumer: ConsumerInfo): NodeState {
  const state = consumerState(consumer);
  if (state !== "fine") return LAMPS[state];
  if (!consumer.isActive) return "stopped";
  return consumer.lag + consumer.ackPending > 0 ? "busy" : "idle";
}

export function consumerWords(consumer: ConsumerInfo): string {
  const { lag, ackPending, redelivered, config, isActive } = consumer;
  const waiting = lag + ackPending;
  if (!isActive)
    return waiting === 0
      ? "Nobody listens now; nothing waits."
      : `Nobody listens: ${plural(waiting, "message waits", "messages wait")} until it comes back.`;
  if (ackPending >= config.maxAckPending)
    return `Full: ${countWords(ackPending)} are in flight and none is answered. Look why its handler hangs.`;
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
export function busWords(consumers: readonly ConsumerInfo[]): string {
  if (consumers.length === 0) return "Nobody reads yet";
  const troubled = consumers.filter((consumer) => consumerState(consumer) === "trouble").length;
  if (troubled > 0) return `${plural(troubled, "consumer needs", "consumers need")} a look`;
  const behind = consumers.filter((consumer) => consumerState(consumer) === "behind").length;
  if (behind > 0) return `${plural(behind, "consumer is", "consumers are")} behind or try again`;
  return consumers.length === 1 ? "The consumer is up to date" : `All ${consumers.length} consumers are up to date`;
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
