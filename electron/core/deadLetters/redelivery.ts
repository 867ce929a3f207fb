/** A dead letter given to its consumer once more, as a delivery like any other; its word, or the time, ends the attempt. */
import type { BusHeaders } from "#shared/model/bus.ts";
import { ok } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Delivery, DeliveryHandler } from "#core/ports/messageBus.ts";
import { letterErrorOf } from "./letterError.ts";
import type { AttemptOrder, AttemptOutcome } from "./takers.ts";

/** What a handler may want to know of such a delivery: which letter, how long it has, which tool to use instead. */
export const LETTER_HEADERS = {
  letter: "Signalbox-Dead-Letter",
  timeoutMs: "Signalbox-Timeout-Ms",
  alternative: "Signalbox-Alternative-Tool",
} as const;

interface Redelivery {
  readonly order: AttemptOrder;
  readonly onDelivery: DeliveryHandler;
  readonly clock: Clock;
}

export function redeliver({ order, onDelivery, clock }: Redelivery): Promise<AttemptOutcome> {
  const { letter, plan } = order;
  return new Promise((resolve) => {
    let cancel: (() => void) | undefined;
    let isOver = false;
    const end = (outcome: AttemptOutcome): void => {
      if (isOver) return;
      isOver = true;
      cancel?.();
      resolve(outcome);
    };
    const failed = (thrown: unknown): void => end({ ok: false, error: letterErrorOf(thrown, clock.wallNow()) });
    const wait = (): void => {
      cancel?.();
      if (!isOver)
        cancel = clock.after(plan.timeoutMs, () =>
          failed({ code: "timeout", message: `The consumer gave no answer within ${plan.timeoutMs / 1000} s.` }),
        );
    };
    const delivery: Delivery = {
      message: {
        stream: letter.stream,
        seq: letter.seq,
        time: letter.firstFailedAt,
        subject: letter.subject,
        headers: headersOf(order),
        data: order.data,
      },
      deliveryCount: letter.attempts + letter.retries,
      ack: () => {
        end({ ok: true });
        return Promise.resolve(ok(undefined));
      },
      nak: (options) => failed(options?.reason ?? "The consumer did not take it."),
      working: wait,
      term: (reason) => failed({ code: "validation", message: reason ?? "The consumer refused it for good." }),
    };
    wait();
    // A handler that throws at once, too, ends the attempt and nothing else.
    void Promise.resolve()
      .then(() => onDelivery(delivery))
      .catch(failed);
  });
}

function headersOf({ letter, headers, plan }: AttemptOrder): BusHeaders {
  const { alternative, timeoutMs } = plan;
  return {
    ...headers,
    [LETTER_HEADERS.letter]: [String(letter.id)],
    [LETTER_HEADERS.timeoutMs]: [String(timeoutMs)],
    ...(alternative === undefined
      ? {}
      : { [LETTER_HEADERS.alternative]: [`${alternative.server}/${alternative.tool}`] }),
  };
}
