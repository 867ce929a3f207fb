/** The bus's door. */
export { createBus, type Bus } from "./bus.ts";
export type { EventSource } from "./subscriber.ts";
