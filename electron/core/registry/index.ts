/** The registry slice's door. */
export { Registry } from "./registry.ts";
