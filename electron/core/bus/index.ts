/** The bus's door. */
export { createBus, type Bus, type BusDeps } from "./bus.ts";
export type { EventSource, SubscriptionOptions } from "./subscriber.ts";
