/** The bus's contract over every engine. */
import { describe } from "vitest";
import { consuming } from "./messageBusConsuming.ts";
import { memoryEngine, sqliteEngine } from "./messageBusEngines.ts";
import { publishing } from "./messageBusPublishing.ts";
import { together } from "./messageBusTogether.ts";

describe.each([memoryEngine, sqliteEngine])("a bus over $name", (engine) => {
  publishing(engine);
  consuming(engine);
  together(engine);
});
