/** The bus's door. */
export { createBus, type Bus } from "./bus.ts";
export { createEventStream } from "./eventStream.ts";
export { createJoinedBus } from "./joinedBus.ts";
export { createLocalBus } from "./localBus.ts";
export { createMemoryStorage } from "./memoryStorage.ts";
export { createSqliteStorage } from "./sqliteStorage.ts";
export type { EventSource } from "./subscriber.ts";
