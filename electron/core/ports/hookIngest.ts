/** What an agent's hooks say and are answered. */

/** A JSON object as the agent sent it; each adapter parses its own shape. */
export type HookPayload = Readonly<Record<string, unknown>>;

/** Answers one hook call. `{}` lets the agent go on; `signal` aborts when the agent hung up or the bound was reached. */
export type HookHandler = (payload: HookPayload, signal: AbortSignal) => Promise<HookPayload>;
