/** The bus's contract over every engine. */
import { afterAll, describe } from "vitest";
import { consuming } from "./messageBusConsuming.ts";
import { memoryEngine, sqliteEngine } from "./messageBusEngines.ts";
import { endNats, natsEngine } from "./messageBusNats.ts";
import { publishing } from "./messageBusPublishing.ts";
import { together } from "./messageBusTogether.ts";

afterAll(endNats);

describe.each([memoryEngine, sqliteEngine, natsEngine])("a bus over $name", (engine) => {
  publishing(engine);
  consuming(engine);
  together(engine);
});
