/** fetch whose answers are bounded: a body beyond the bound ends with an error. A stream of events is bounded per event. */
import type { FetchLike } from "@modelcontextprotocol/client";

const NEWLINE = 0x0a;

export function boundedFetch(mostBytes: number, inner: FetchLike = fetch): FetchLike {
  return async (url, init) => {
    const response = await inner(url, init);
    if (response.body === null) return response;
    const isEvents = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const body = response.body.pipeThrough(limit(mostBytes, isEvents));
    const { status, statusText, headers } = response;
    const bounded = new Response(body, { status, statusText, headers });
    // The transport compares it with the address it asked, to see a redirect.
    Object.defineProperty(bounded, "url", { value: response.url });
    Object.defineProperty(bounded, "redirected", { value: response.redirected });
    return bounded;
  };
}

export const TOO_LARGE_MESSAGE = "The answer is larger than what is read.";

function limit(mostBytes: number, isEvents: boolean): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      // Each line of an event stream begins the count anew; a message is one line.
      const newline = isEvents ? chunk.lastIndexOf(NEWLINE) : -1;
      seen = newline < 0 ? seen + chunk.length : chunk.length - newline;
      if (seen > mostBytes) controller.error(new Error(TOO_LARGE_MESSAGE));
      else controller.enqueue(chunk);
    },
  });
}
