/** Request and reply over plain NATS: nothing of it is kept. Requests have subjects of their own, which no stream takes. */
import { headers } from "@nats-io/transport-node";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "#core/ports/logger.ts";
import type { BusSubscription, RequestOptions } from "#core/ports/messageBus.ts";
import { BUS_ERRORS } from "#shared/model/bus.ts";
import type { BusMessage } from "#shared/model/bus.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { isNoResponders, natsRefusal } from "./natsErrors.ts";
import { passingMessage, toNatsHeaders } from "./natsMessages.ts";
import type { NatsNames } from "./natsNames.ts";

export interface RequestsDeps {
  readonly connection: NatsConnection;
  readonly names: NatsNames;
  readonly logger: Logger;
}

/** NATS' own header for a service that failed. */
const ERROR_HEADER = "Nats-Service-Error";

export async function requestOver(
  { connection, names }: RequestsDeps,
  asked: { readonly subject: string; readonly data: string; readonly options: RequestOptions },
): Promise<Result<BusMessage>> {
  const { subject, data, options } = asked;
  const natsSubject = names.request(subject);
  try {
    const answer = await connection.request(natsSubject, data, {
      timeout: options.timeoutMs,
      ...(options.headers === undefined ? {} : { headers: toNatsHeaders(options.headers) }),
    });
    const failure = answer.headers?.get(ERROR_HEADER) ?? "";
    if (failure !== "") return fail("internal", failure);
    return ok(passingMessage(names, answer, natsSubject));
  } catch (error) {
    if (isNoResponders(error))
      return fail("no_responders", `Nobody answers ${subject}.`, { errCode: BUS_ERRORS.noResponders });
    return natsRefusal(error);
  }
}

export function respondOver(
  { connection, names, logger }: RequestsDeps,
  offer: {
    readonly subject: string;
    readonly responder: (message: BusMessage) => Promise<string>;
    readonly queue?: string | undefined;
  },
): BusSubscription {
  const answer = async (message: Msg): Promise<void> => {
    try {
      const text = await offer.responder(passingMessage(names, message, message.subject));
      message.respond(text);
    } catch (error) {
      logger.error("A responder failed.", { subject: offer.subject, error: String(error) });
      const failed = headers();
      const why = error instanceof Error ? error.message : String(error);
      failed.set(ERROR_HEADER, `Who answers on "${offer.subject}" failed: ${why.replaceAll(/[\r\n]+/g, " ")}`);
      message.respond("", { headers: failed });
    }
  };
  const subscription = connection.subscribe(names.request(offer.subject), {
    ...(offer.queue === undefined ? {} : { queue: offer.queue }),
    callback: (error, message) => {
      if (error === null) void answer(message);
      else logger.error("A responder hears nothing any more.", { subject: offer.subject, error: error.message });
    },
  });
  return { close: () => subscription.unsubscribe() };
}
