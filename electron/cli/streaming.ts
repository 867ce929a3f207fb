/** Reading a stream to its end or until Ctrl-C: items are handled one after the other and acknowledged when written. */
import type { StreamInput, StreamItem, StreamName } from "#shared/contract/index.ts";
import type { ConnectedClient } from "#shared/rpc/client.ts";
import { DONE, refused } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

export interface Reading<K extends StreamName> {
  readonly name: K;
  readonly input: StreamInput<K>;
  /** What one item takes of the window: its bytes on byte streams, 1 on others. */
  handle(item: StreamItem<K>, bytes: Uint8Array): Promise<void>;
  readonly isBytes: boolean;
  /** Asked after each item: nothing more is wanted. */
  readonly isDone?: () => boolean;
}

/** Done at the stream's end and on SIGINT or SIGTERM; refused when the stream ends with an error. */
export async function readStream<K extends StreamName>(client: ConnectedClient, reading: Reading<K>): Promise<Outcome> {
  const ended = Promise.withResolvers<Outcome>();
  let work = Promise.resolve();
  const control = client.open(reading.name, reading.input, {
    autoAck: false,
    onItem: (item, bytes = NO_BYTES) => {
      work = work
        .then(() => reading.handle(item, bytes))
        .then(() => control.ack(reading.isBytes ? bytes.length : 1))
        .then(() => (reading.isDone?.() === true ? stop() : undefined));
      work.catch((error: unknown) => ended.reject(error));
    },
    onEnd: (error) => {
      void work.then(() => ended.resolve(error === undefined ? DONE : refused(error)));
    },
  });
  const stop = () => {
    control.close();
    ended.resolve(DONE);
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    return await ended.promise;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

const NO_BYTES = new Uint8Array(0);
