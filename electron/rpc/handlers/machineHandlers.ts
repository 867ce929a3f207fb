/** Other machines on the same NATS server. Delegation only. */
import { ok } from "#shared/model/result.ts";
import type { QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import type { Core } from "#core/app.ts";
import { tryNetwork } from "#core/joinMachines.ts";

export function machineQueries(core: Core): Pick<QueryHandlers, "machine.list" | "machine.tryServer"> {
  const { machines } = core.joined;
  return {
    "machine.tryServer": ({ url, credentialsFile }) => tryNetwork(core.ports.openNetwork, { url, credentialsFile }),
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
