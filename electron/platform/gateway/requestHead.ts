/** Reads only as much of a request as names its model; the rest stays in the socket until the request may go out. */
import type { IncomingMessage } from "node:http";

import { JsonPick } from "./jsonPick.ts";

/** Every CLI names the model within the first bytes; one that does not is asked for without a model. */
const MAX_HEAD = 64 * 1024;

export interface RequestHead {
  readonly chunks: readonly Buffer[];
  readonly model?: string;
}

/** The request is paused afterwards. Rejects when it breaks off. */
export function readHead(request: IncomingMessage): Promise<RequestHead> {
  if (request.headers["content-encoding"] !== undefined) return Promise.resolve({ chunks: [] });
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let model: string | undefined;
    const pick = new JsonPick(["model"], (_path, value) => {
      if (typeof value !== "string") return;
      model = value.slice(0, 200);
      pick.stop();
    });
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      pick.push(chunk);
      if (pick.isDone || bytes >= MAX_HEAD) settle();
    };
    const broke = (): void => reject(new Error("The request broke off."));
    const settle = (): void => {
      request.pause();
      request.off("data", take);
      request.off("end", settle);
      request.off("close", broke);
      resolve(model === undefined ? { chunks } : { chunks, model });
    };
    request.on("data", take);
    request.on("end", settle);
    request.on("close", broke);
  });
}
