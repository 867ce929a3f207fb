/** The memory slice's door. */
export { Memory } from "./memory.ts";
export type { ContextWrite } from "./contextWrite.ts";
export type { NewMemory } from "./memories.ts";
