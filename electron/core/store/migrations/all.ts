/** Every schema change ever released, in order. A released one is never edited; the next one is a new file. */
import type { Migration } from "../migrate.ts";
import { initial } from "./m001Initial.ts";
import { usage } from "./m002Usage.ts";
import { eventIndex } from "./m003EventIndex.ts";
import { budgets } from "./m004Budgets.ts";
import { ledgerReads } from "./m005LedgerReads.ts";
import { gatewayRequests } from "./m006GatewayRequests.ts";
import { bus } from "./m007Bus.ts";
import { deadLetters } from "./m008DeadLetters.ts";
import { toolServers } from "./m009ToolServers.ts";
import { mail } from "./m010Mail.ts";
import { workflows } from "./m011Workflows.ts";
import { memory } from "./m012Memory.ts";
import { agentTemplates } from "./m013AgentTemplates.ts";
import { cachedCalls } from "./m014CachedCalls.ts";

export const MIGRATIONS: readonly Migration[] = [
  initial,
  usage,
  eventIndex,
  budgets,
  ledgerReads,
  gatewayRequests,
  bus,
  deadLetters,
  toolServers,
  mail,
  workflows,
  memory,
  agentTemplates,
  cachedCalls,
];
