/** What each agent CLI tells of its tokens, and how it can be held to a budget, in words for a person. */
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { UsageSourceFact } from "#core/ports/usageAdapter.ts";
import { USAGE_SOURCES } from "#shared/model/usage.ts";

export interface UsageSources {
  readonly agent: string;
  readonly name: string;
  readonly sources: UsageSourceFact[];
  readonly brakes: UsageBrakes;
  readonly standsAside?: string;
}

/** What holds when a budget is used up, a sentence for each way; without `gateway` this CLI cannot be put behind it. */
interface UsageBrakes {
  readonly soft: string;
  readonly hard: string;
  readonly gateway?: string;
}

const HARD = "It is interrupted, stopped a second later, and may not start again until more is granted.";
const GATEWAY = "Every request is refused with a sentence; at most the one under way is spent beyond the budget.";

function brakesOf(adapter: AgentAdapter): UsageBrakes {
  const soft =
    adapter.usage?.refusesByHook === true
      ? "Its hooks refuse prompts and tool calls, typed ones too; the request under way ends."
      : "Signalbox sends and starts nothing more; what a person types into its terminal is refused by the gateway only.";
  return { soft, hard: HARD, ...(adapter.meter === undefined ? {} : { gateway: GATEWAY }) };
}

/** Any program of any agent may; Signalbox cannot know whether one does. */
const TOLD: UsageSourceFact = {
  source: "hook",
  what: "What a hook script or a program of yours tells of its requests; nothing without one.",
  confidence: "exact",
  live: true,
};

export async function describeUsageSources(adapters: readonly AgentAdapter[]): Promise<UsageSources[]> {
  const told: UsageSources[] = [];
  for (const adapter of adapters) {
    const { id, name, usage, printed } = adapter;
    const sources = withTold(usage?.sources ?? printed?.sources ?? []);
    const standsAside = await usage?.standsAside?.();
    told.push({
      agent: id,
      name,
      sources,
      brakes: brakesOf(adapter),
      ...(standsAside === undefined ? {} : { standsAside }),
    });
  }
  return told;
}

/** Where it ranks among the CLI's own. */
function withTold(sources: readonly UsageSourceFact[]): UsageSourceFact[] {
  const rank = ({ source }: UsageSourceFact): number => USAGE_SOURCES.indexOf(source);
  const worse = sources.findIndex((one) => rank(one) > rank(TOLD));
  const place = worse < 0 ? sources.length : worse;
  return sources.toSpliced(place, 0, TOLD);
}
