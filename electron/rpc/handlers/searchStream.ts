/** Search over everything agents printed: the newest lives first, hits as they are found. */
import type { SearchHit, StreamItem, StreamRequest } from "#shared/contract/index.ts";
import { ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Core } from "#core/app.ts";
import { agentPath } from "./sessionHandlers.ts";

const BATCH = 50;
/** More lives than this are not searched at once; the newest are. */
const MAX_LIVES = 5000;

export function streamSearch(
  core: Core,
  input: StreamRequest<"search">,
  sink: StreamSink<StreamItem<"search">>,
): Result<StreamHandle> {
  const path = input.id === undefined ? undefined : agentPath(core, input.id);
  if (path !== undefined && !path.ok) return path;
  const lives = path === undefined ? core.sessions.newestLives(MAX_LIVES) : core.sessions.lives(path.value);
  const bySession = new Map(lives.map((life) => [life.sessionId, life]));
  const abort = new AbortController();
  const batches = batchHits((hits) => sink.send({ type: "hits", hits }));
  const search = core.ports.outputLog.search(
    {
      sessionIds: [...bySession.keys()],
      text: input.text,
      caseSensitive: input.caseSensitive,
      limit: input.limit,
      signal: abort.signal,
    },
    (hit) => {
      const life = bySession.get(hit.sessionId);
      if (life === undefined) return;
      batches.push({ ...hit, path: life.path, generation: life.generation });
    },
  );
  void search.then(
    ({ truncated, unsearched }) => {
      batches.flush();
      sink.send({ type: "done", truncated, incomplete: unsearched.length });
      sink.end();
    },
    (error: unknown) => sink.end({ code: "internal", message: `The search failed: ${String(error)}` }),
  );
  return ok({ close: () => abort.abort() });
}

/** Hits that come at once are told together; one that comes alone is told at once, however long the search goes on. */
export function batchHits(send: (hits: SearchHit[]) => void): { push(hit: SearchHit): void; flush(): void } {
  let hits: SearchHit[] = [];
  const flush = (): void => {
    if (hits.length > 0) send(hits);
    hits = [];
  };
  return {
    push(hit) {
      hits.push(hit);
      if (hits.length >= BATCH) flush();
      else if (hits.length === 1) queueMicrotask(flush);
    },
    flush,
  };
}
