/** schema: the messages of the catalogue, which no other command should have to load. */
import type { Command } from "./command.ts";

export const schemaCommands: Readonly<Record<string, Command>> = {
  schema: {
    usage: "schema [NAME] [--asyncapi] [--check FILE]",
    summary: "The messages agents and tools speak; --check: does this message (- for stdin) fit?",
    options: { check: { type: "string" }, asyncapi: { type: "boolean" } },
    takes: [0, 1],
    run: async (context) => (await import("./schemaAnswers.ts")).answerSchema(context),
  },
};
