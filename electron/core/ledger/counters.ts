/**
 * The sums in Prometheus' text format. All names are in this file: the GenAI conventions still change theirs. Their
 * input tokens include the cached ones, their cache and reasoning counts are subsets; ours below are the ledger's parts.
 */
import type { UsageSum } from "#shared/model/usage.ts";
import type { Dim } from "./dims.ts";
import { readDims } from "./dims.ts";
import { addRow, NO_USAGE } from "./sums.ts";
import type { SumDeps } from "./sumQuery.ts";

interface Counter {
  readonly name: string;
  readonly help: string;
  readonly of: (sum: UsageSum) => number;
}

const COUNTERS: readonly Counter[] = [
  {
    name: "gen_ai_client_inference_usage_input_tokens_total",
    help: "Input tokens, cached ones included.",
    of: (sum) => sum.input + sum.cacheRead + sum.cacheWrite,
  },
  {
    name: "gen_ai_client_inference_usage_output_tokens_total",
    help: "Output tokens, reasoning included.",
    of: (sum) => sum.output,
  },
  {
    name: "gen_ai_client_inference_usage_cache_read_input_tokens_total",
    help: "Input tokens read from a cache; a subset of input.",
    of: (sum) => sum.cacheRead,
  },
  {
    name: "gen_ai_client_inference_usage_cache_write_input_tokens_total",
    help: "Input tokens written to a cache; a subset of input.",
    of: (sum) => sum.cacheWrite,
  },
  {
    name: "gen_ai_client_inference_usage_reasoning_output_tokens_total",
    help: "Reasoning tokens; a subset of output.",
    of: (sum) => sum.reasoning,
  },
  { name: "signalbox_usage_requests_total", help: "Model requests in the ledger.", of: (sum) => sum.entries },
  {
    name: "signalbox_usage_cost_usd_total",
    help: "What they cost in US dollars by known prices.",
    of: (sum) => sum.costNanos / 1e9,
  },
  {
    name: "signalbox_usage_unpriced_tokens_total",
    help: "Tokens of models without a price; not in the cost.",
    of: (sum) => sum.unpricedTokens,
  },
  {
    name: "signalbox_usage_estimated_requests_total",
    help: "Requests that are estimated, not counted by anybody.",
    of: (sum) => sum.estimatedEntries,
  },
  {
    name: "signalbox_usage_interrupted_requests_total",
    help: "Requests whose answer broke off.",
    of: (sum) => sum.interruptedEntries,
  },
];

/** What the counters showed; a correction downwards holds them still, since a counter that falls means a restart. */
export type Shown = Map<string, number>;

export function writeCounters({ store }: Pick<SumDeps, "store">, shown: Shown): string {
  const sums = new Map<string, UsageSum>();
  const dims = new Map(readDims(store).map((dim) => [dim.id, dim]));
  for (const row of store.all("SELECT * FROM usage_dim_sums")) {
    const dim = dims.get(Number(row["dim"]));
    if (dim === undefined) continue;
    const labels = labelsOf(dim);
    const sum = sums.get(labels) ?? { ...NO_USAGE };
    sums.set(labels, sum);
    addRow(sum, row);
  }
  const lines = COUNTERS.flatMap(({ name, help, of }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} counter`,
    ...[...sums].map(([labels, sum]) => `${name}{${labels}} ${rising(shown, `${name}{${labels}}`, of(sum))}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function rising(shown: Shown, series: string, value: number): number {
  const next = Math.max(shown.get(series) ?? 0, value);
  shown.set(series, next);
  return next;
}

/** The source is no label: it changes when a better one supersedes an entry. */
function labelsOf(dim: Dim): string {
  const slash = dim.path.indexOf("/");
  const labels = {
    fleet: slash < 0 ? dim.path : dim.path.slice(0, slash),
    agent: slash < 0 ? "" : dim.path.slice(slash + 1),
    cli: dim.agent,
    gen_ai_provider_name: dim.provider,
    gen_ai_request_model: dim.model,
  };
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
