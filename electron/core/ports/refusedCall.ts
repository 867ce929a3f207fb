/** A call at one of the loopback doors for agents that was not taken, as far as it can be told who made it. */
export interface RefusedCall {
  readonly door: "hook" | "telemetry" | "tools" | "gateway";
  readonly why: "wrong_token" | "too_many_calls";
  /** As the address says; anything may stand there. */
  readonly sessionId: string;
  /** Whether such a session reports here now. */
  readonly isOpen: boolean;
  /** The session whose token was used, where it is one of those that report here. */
  readonly tokenOf?: string;
}

/** Heard for each one: it has to be quick, and to bear a flood. */
export type OnRefusedCall = (refused: RefusedCall) => void;
