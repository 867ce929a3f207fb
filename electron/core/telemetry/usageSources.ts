/** What each agent CLI tells of its tokens, in words for a person. */
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { UsageSourceFact } from "#core/ports/usageAdapter.ts";

export interface UsageSources {
  readonly agent: string;
  readonly name: string;
  readonly sources: UsageSourceFact[];
  readonly standsAside?: string;
}

/** Adapters that tell nothing, such as a plain command's, are left out. */
export async function describeUsageSources(adapters: readonly AgentAdapter[]): Promise<UsageSources[]> {
  const told: UsageSources[] = [];
  for (const { id, name, usage } of adapters) {
    if (usage === undefined) continue;
    const standsAside = await usage.standsAside?.();
    const sources = [...usage.sources];
    told.push({ agent: id, name, sources, ...(standsAside === undefined ? {} : { standsAside }) });
  }
  return told;
}
