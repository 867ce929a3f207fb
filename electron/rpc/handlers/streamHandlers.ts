/** Streams: a snapshot, then what changes. Delegation and nothing else. */
import type { StreamItem, StreamRequest } from "#shared/contract/index.ts";
import { patternProblem } from "#shared/lib/subjects.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import type { StreamHandlers } from "#shared/rpc/handlers.ts";
import type { StreamHandle, StreamSink } from "#shared/rpc/protocol.ts";
import type { Core } from "#core/app.ts";
import { watchStatus } from "./appStatus.ts";
import { streamBudgets } from "./budgetHandlers.ts";
import { streamRegistry } from "./registryHandlers.ts";
import { streamSearch } from "./searchStream.ts";
import { agentPath } from "./sessionHandlers.ts";

/** Streams with handlers of their own beside their queries and commands. */
type Elsewhere =
  | "usage"
  | "usageImport"
  | "usageExport"
  | "bus.tail"
  | "deadLetters"
  | "messages"
  | "workflows"
  | "machines";

export function streamHandlers(core: Core): Omit<StreamHandlers, Elsewhere> {
  return {
    tree: (_input, sink) => {
      sink.send({ type: "snapshot", fleets: [...core.fleets.views()] });
      return ok({ close: core.fleets.watch((item) => sink.send(item)) });
    },
    inbox: (_input, sink) => {
      sink.send({ type: "snapshot", items: [...core.inbox.list()] });
      return ok({ close: core.inbox.watch((item) => sink.send({ type: "item", item })) });
    },
    settings: (_input, sink) => {
      sink.send(core.settings.current);
      return ok({ close: core.settings.watch((settings) => sink.send(settings)) });
    },
    status: (_input, sink) => ok({ close: watchStatus(core, (status) => sink.send(status)) }),
    events: (input, sink) => streamEvents(core, input, sink),
    terminal: (input, sink) => core.sessions.terminal(input, sink),
    recording: (input, sink) => core.sessions.recording(input, sink),
    logs: ({ id, from, follow }, sink) => {
      const path = agentPath(core, id);
      return path.ok ? core.sessions.logs(path.value, { from, follow }, sink) : path;
    },
    budgets: (_input, sink) => streamBudgets(core, sink),
    registry: (_input, sink) => streamRegistry(core, sink),
    search: (input, sink) => streamSearch(core, input, sink),
  };
}

function streamEvents(
  core: Core,
  input: StreamRequest<"events">,
  sink: StreamSink<StreamItem<"events">>,
): Result<StreamHandle> {
  const problem = patternProblem(input.pattern);
  if (problem !== undefined)
    return fail("bad_request", `The pattern ${input.pattern} cannot match: ${problem.message}`);
  core.recorder.flush();
  const waiters: (() => void)[] = [];
  sink.onRoom(() => waiters.splice(0).forEach((go) => go()));
  const close = core.bus.subscribe({
    label: "event stream",
    pattern: input.pattern,
    ...(input.from === undefined ? {} : { from: input.from }),
    // Waiting here makes the bus re-read from the store later: a slow reader costs nothing and misses nothing.
    onEvents: async (events) => {
      sink.send({ events: [...events] });
      if (sink.room <= 0) await new Promise<void>((resolve) => waiters.push(resolve));
    },
  });
  return ok({
    close: () => {
      close();
      waiters.splice(0).forEach((go) => go());
    },
  });
}
