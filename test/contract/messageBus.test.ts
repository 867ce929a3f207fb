/** The bus's contract over every engine. */
import { describe } from "vitest";
import { publishing } from "./messageBusPublishing.ts";
import { memoryEngine, sqliteEngine } from "./messageBusEngines.ts";

describe.each([memoryEngine, sqliteEngine])("a bus over $name", (engine) => {
  publishing(engine);
});
