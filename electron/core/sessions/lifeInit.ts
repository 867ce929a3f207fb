/** What a life begins with. */
import type { AgentSpec } from "#shared/model/fleetFile.ts";
import type { AgentAdapter } from "#core/ports/agentAdapter.ts";
import type { LifeRow } from "./lives.ts";

export interface LifeInit {
  readonly row: LifeRow;
  readonly spec: AgentSpec;
  readonly adapter: AgentAdapter;
  readonly size: { cols: number; rows: number };
  readonly prompt?: string;
  /** Log size when an earlier core's life was taken over; nothing before it is live. */
  readonly adoptedAt?: number;
}
