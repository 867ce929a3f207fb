/** Other machines on the same NATS server. Delegation only. */
import { ok } from "#shared/model/result.ts";
import type { QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";

export function machineQueries({ joined: { machines } }: Core): Pick<QueryHandlers, "machine.list"> {
  return {
    "machine.list": async () =>
      ok(machines === undefined ? { machines: [] } : { self: machines.self, machines: [...machines.list()] }),
  };
}

export function machineStreams({ joined: { machines } }: Core): Pick<StreamHandlers, "machines"> {
  return {
    machines: (_input, sink) => {
      sink.send({ type: "snapshot", machines: machines === undefined ? [] : [...machines.list()] });
      return ok({ close: machines?.watch((item) => sink.send(item)) ?? (() => {}) });
    },
  };
}
