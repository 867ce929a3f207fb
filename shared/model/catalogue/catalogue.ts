/** Every message this product speaks, once, under one name. What is not in here is not published, and not read. */
import type { z } from "zod";
import { agentMessages } from "./agent.ts";
import { budgetMessages } from "./budget.ts";
import { dataMessages } from "./data.ts";
import { deadLetterMessages } from "./deadLetters.ts";
import { machineMessages } from "./machines.ts";
import { namedEntries, type Entry } from "./entry.ts";
import { hookMessages } from "./hook.ts";
import { mailboxMessages } from "./mailbox.ts";
import { memoryMessages } from "./memory.ts";
import { supervisionMessages } from "./supervision.ts";
import { systemMessages } from "./system.ts";
import { toolMessages } from "./tool.ts";
import { workflowMessages } from "./workflow.ts";

export const catalogue = {
  ...agentMessages,
  ...supervisionMessages,
  ...systemMessages,
  ...budgetMessages,
  ...hookMessages,
  ...memoryMessages,
  ...dataMessages,
  ...deadLetterMessages,
  ...toolMessages,
  ...mailboxMessages,
  ...workflowMessages,
  ...machineMessages,
};

export type MessageName = keyof typeof catalogue;
export type MessageInput<N extends MessageName> = z.input<(typeof catalogue)[N]["schema"]>;
export type MessageData<N extends MessageName> = z.output<(typeof catalogue)[N]["schema"]>;

const byName = namedEntries(catalogue);

export function entryOf(name: string): Entry | undefined {
  return byName.get(name);
}

export function entries(): readonly (readonly [name: string, entry: Entry])[] {
  return [...byName];
}
