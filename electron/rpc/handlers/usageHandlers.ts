/** What was spent. Delegation only. */
import type { CommandHandlers, QueryHandlers, StreamHandlers } from "#shared/rpc/handlers.ts";
import { fail, ok } from "#shared/model/result.ts";
import type { Core } from "#core/app.ts";
import { describeUsageSources } from "#core/telemetry/index.ts";

type UsageQueries = Extract<keyof QueryHandlers, `usage.${string}` | `prices.${string}`>;
type UsageCommands = Extract<keyof CommandHandlers, `usage.${string}` | `prices.${string}`>;
type UsageStreams = "usage" | "usageImport" | "usageExport";

const LATER = fail("unsupported", "This part of the ledger is not built yet.");

export function usageQueries({ usage, adapters }: Core): Pick<QueryHandlers, UsageQueries> {
  return {
    "usage.totals": async (input) => ok(usage.totals(input)),
    "usage.series": async (input) => ok(usage.series(input)),
    "usage.entries": async (input) => usage.entries(input),
    "usage.entry": async ({ id }) => usage.entry(id),
    "usage.drift": async () => LATER,
    "usage.unknown": async (input) => ok(usage.unknown(input)),
    "usage.sources": async () => ok(await describeUsageSources(adapters)),
    "usage.forecast": async () => LATER,
    "usage.counters": async () => LATER,
    "prices.list": async (input) => ok(usage.prices(input)),
  };
}

export function usageCommands({ ledger }: Core): Pick<CommandHandlers, UsageCommands> {
  return {
    "usage.import": async () => LATER,
    "usage.importCancel": async () => LATER,
    "prices.set": async (price, { actor }) => ledger.setPrice(price, actor),
    "prices.remove": async (ref, { actor }) => ledger.removePrice(ref, actor),
  };
}

export function usageStreams(_core: Core): Pick<StreamHandlers, UsageStreams> {
  return { usage: () => LATER, usageImport: () => LATER, usageExport: () => LATER };
}
