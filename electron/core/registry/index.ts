/** The registry slice's door. */
export { mayCall } from "./grants.ts";
export { GIVEN_UP } from "./invocation.ts";
export { Registry } from "./registry.ts";
