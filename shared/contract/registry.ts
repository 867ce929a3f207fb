/** The registry: MCP servers, their tools, calls, and finding what can do something; spread into the contract. */
import { z } from "zod";
import { agentTemplateSchema, templateChildSchema, templateIdSchema } from "../model/agentTemplate.ts";
import { restartTypeSchema } from "../model/states.ts";
import {
  DEFAULT_TOOL_TIMEOUT_MS,
  MOST_TOOL_TIMEOUT_MS,
  registryEntrySchema,
  toolCallDetailSchema,
  toolCallOutcomeSchema,
  toolCallSchema,
  toolGrantSchema,
  toolOutcomeSchema,
  toolSchema,
  toolServerSchema,
  toolServerTransportSchema,
} from "../model/toolServer.ts";

/** `id`, or `fleet/id`. */
const serverRef = z.string().min(1).max(200);
const one = z.object({ server: serverRef });
const template = z.object({ template: z.string().min(1).max(200) });
const keptTemplate = z.object({
  id: templateIdSchema,
  about: z.string().max(500).default(""),
  tags: z.array(z.string().min(1).max(60)).max(50).default([]),
  child: templateChildSchema,
});

export const registryQueries = {
  "registry.servers": { input: z.object({}), output: z.array(toolServerSchema) },
  /** By what it can do: every word somewhere, every tag. Best first; of equal tools those that have been of use. */
  "registry.find": {
    input: z.object({
      text: z.string().max(500).optional(),
      tags: z.array(z.string()).max(20).optional(),
      kinds: z.array(registryEntrySchema.shape.kind).optional(),
      contextId: z.string().max(200).optional(),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    output: z.array(registryEntrySchema),
  },
  /** A tool with its schemas. */
  "registry.tool": { input: one.extend({ tool: z.string() }), output: toolSchema },
  /** Newest first; `before` is the `seq` of the last one seen. */
  "registry.calls": {
    input: z.object({
      server: serverRef.optional(),
      tool: z.string().optional(),
      outcome: toolCallOutcomeSchema.optional(),
      /** A caller's id, or a kind of callers. */
      by: z.string().optional(),
      before: z.number().int().optional(),
      limit: z.number().int().min(1).max(500).default(50),
    }),
    output: z.array(toolCallSchema),
  },
  /** Templates of agents that persons keep, by name. */
  "registry.templates": { input: z.object({}), output: z.array(agentTemplateSchema) },
  "registry.call": { input: z.object({ id: z.string() }), output: toolCallDetailSchema },
} as const;

export const registryCommands = {
  /** Nothing is started by it. */
  "registry.add": {
    input: z.object({
      id: templateIdSchema,
      transport: toolServerTransportSchema,
      description: z.string().max(500).optional(),
      tags: z.array(z.string().min(1).max(60)).max(50).default([]),
      restart: restartTypeSchema.default("permanent"),
      timeoutMs: z.number().int().min(100).max(MOST_TOOL_TIMEOUT_MS).default(DEFAULT_TOOL_TIMEOUT_MS),
      /** Nobody but persons without it. */
      allow: z.array(toolGrantSchema).max(100).default([]),
    }),
    output: toolServerSchema,
  },
  "registry.remove": { input: one, output: z.object({ key: z.string() }) },
  /** Starts it, lists its tools, and answers with what it found. */
  "registry.verify": { input: one, output: toolServerSchema },
  "registry.enable": { input: one, output: toolServerSchema },
  "registry.disable": { input: one, output: toolServerSchema },
  "registry.stop": { input: one, output: toolServerSchema },
  "registry.invoke": {
    input: one.extend({
      tool: z.string().min(1).max(200),
      args: z.record(z.string(), z.unknown()).default({}),
      contextId: z.string().max(200).optional(),
      correlationId: z.string().max(200).optional(),
      timeoutMs: z.number().int().min(100).max(MOST_TOOL_TIMEOUT_MS).optional(),
      /** Not from the cache; its answer takes the place of the one there. */
      fresh: z.boolean().optional(),
    }),
    output: toolOutcomeSchema,
  },
  /** The server is asked anew from now on. */
  "registry.dropAnswers": { input: one, output: z.object({ key: z.string(), dropped: z.number().int() }) },
  /** Keeps a template of an agent; nothing is started by it. */
  "registry.keepTemplate": {
    input: keptTemplate,
    output: agentTemplateSchema,
  },
  /** What it is, as a whole; agents made from it stay. */
  "registry.changeTemplate": { input: keptTemplate, output: agentTemplateSchema },
  /** Agents made from it stay. */
  "registry.removeTemplate": { input: template, output: agentTemplateSchema },
  /** What was removed since the core began, as it was: with its uses. */
  "registry.takeBackTemplate": { input: template, output: agentTemplateSchema },
  "registry.enableTemplate": { input: template, output: agentTemplateSchema },
  "registry.disableTemplate": { input: template, output: agentTemplateSchema },
  /** Puts an agent of it into a fleet's file, under `parent` or the fleet itself; it starts when the fleet is up. */
  "registry.useTemplate": {
    input: template.extend({
      fleet: z.string().min(1),
      parent: z.string().min(1).optional(),
      /** The agent's id there; the template's by default. */
      id: templateIdSchema.optional(),
    }),
    output: z.object({ path: z.string() }),
  },
} as const;

export const registryStreams = {
  registry: {
    bytes: false,
    input: z.object({}),
    item: z.discriminatedUnion("type", [
      z.object({ type: z.literal("snapshot"), servers: z.array(toolServerSchema) }),
      z.object({ type: z.literal("servers"), servers: z.array(toolServerSchema), removed: z.array(z.string()) }),
      /** The log of calls has something new. */
      z.object({ type: z.literal("called") }),
      z.object({ type: z.literal("templates") }),
    ]),
  },
} as const;
