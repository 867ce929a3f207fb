/** What was spent. Delegation only. */
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import { ok } from "#shared/model/result.ts";
import type { Core } from "#core/app.ts";
import { describeUsageSources } from "#core/telemetry/index.ts";

type UsageQueries = Extract<keyof QueryHandlers, `usage.${string}` | `prices.${string}`>;
type UsageCommands = Extract<keyof CommandHandlers, `usage.${string}` | `prices.${string}`>;
type UsageStreams = "usage" | "usageImport" | "usageExport";

export function usageQueries({ usage, adapters }: Pick<Core, "usage" | "adapters">): Pick<QueryHandlers, UsageQueries> {
  return {
    "usage.totals": async (input) => ok(usage.totals(input)),
    "usage.series": async (input) => ok(usage.series(input)),
    "usage.entries": async (input) => usage.entries(input),
    "usage.entry": async ({ id }) => usage.entry(id),
    "usage.drift": async (input) => ok(await usage.drift(input)),
    "usage.unknown": async (input) => ok(usage.unknown(input)),
    "usage.forecast": async (input) => ok(usage.forecast(input)),
    "usage.counters": async () => ok({ text: usage.counters() }),
    "usage.sources": async () => ok(await describeUsageSources(adapters)),
    "prices.list": async (input) => ok(usage.prices(input)),
  };
}

export function usageCommands({
  ledger,
  importer,
}: Pick<Core, "ledger" | "importer">): Pick<CommandHandlers, UsageCommands> {
  return {
    "usage.import": async ({ agents }) => importer.start(agents),
    "usage.importCancel": async () => ok(importer.cancel()),
    "prices.set": async (price, { actor }) => ledger.setPrice(price, actor),
    "prices.remove": async (ref, { actor }) => ledger.removePrice(ref, actor),
  };
}

export function usageStreams({
  usage,
  importer,
}: Pick<Core, "usage" | "importer">): Pick<StreamHandlers, UsageStreams> {
  return {
    usage: (_input, sink) => usage.streamUsage(sink),
    usageImport: (_input, sink) => ok({ close: importer.watch((state) => sink.send(state)) }),
    usageExport: (input, sink) => usage.streamExport(input, sink),
  };
}
