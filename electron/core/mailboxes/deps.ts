/** Everything the mailboxes are given; who is there and how one types into them are somebody else's business. */
import type { Result } from "#shared/model/result.ts";
import type { Clock } from "#core/ports/clock.ts";
import type { Logger } from "#core/ports/logger.ts";
import type { MessageBus } from "#core/ports/messageBus.ts";
import type { Store } from "#core/store/index.ts";

export interface TeamMember {
  /** `fleet/id`. */
  readonly path: string;
  readonly fleet: string;
  readonly id: string;
  readonly role?: string;
  readonly agent: string;
  /** What it does now, in the tree's words. */
  readonly state: string;
  /** It runs. */
  readonly isUp: boolean;
  /** Agents and broadcasts reach it: an agent CLI, or a command whose file gave it a role or tools of its own. */
  readonly isOnTeam: boolean;
}

export interface Team {
  /** The agents of a fleet, in tree order. */
  members(fleet: string): readonly TeamMember[];
  fleets(): readonly string[];
  /** Errors: not_found, ambiguous. */
  find(ref: string): Result<TeamMember>;
}

export type Readiness =
  | { readonly type: "ready" }
  | { readonly type: "not_yet"; readonly why: string; readonly againMs?: number }
  | { readonly type: "down"; readonly why: string };

/** The receivers' input lines. */
export interface Receivers {
  readiness(path: string): Readiness;
  /** Types it in, with Enter. */
  say(path: string, text: string): Promise<Result<void>>;
  sessionOf(path: string): string | undefined;
  /** Told whenever the readiness of one may have changed; the returned function ends it. */
  onMoment(listener: (path: string) => void): () => void;
}

export interface MailboxesDeps {
  readonly bus: MessageBus;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly team: Team;
  readonly receivers: Receivers;
}
