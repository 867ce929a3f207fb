/**
 * Templates of agents: what an agent of a fleet file is, kept under a name with what it is good for, to be put into
 * fleets. A template runs nothing by itself.
 */
import { z } from "zod";
import { agentChildSchema, ID_PATTERN } from "./fleetFile.ts";

/** An agent's entry of a fleet file without its id, which it gets where it is used. */
export const templateChildSchema = agentChildSchema.omit({ id: true });
export type TemplateChild = z.infer<typeof templateChildSchema>;

export const templateIdSchema = z
  .string()
  .regex(ID_PATTERN, "must be 1 to 64 letters, digits, _ or -, and begin with a letter or digit");

export const agentTemplateSchema = z.object({
  id: templateIdSchema,
  about: z.string().max(500),
  /** What it is good for; found by them. */
  tags: z.array(z.string().min(1).max(60)).max(50),
  child: templateChildSchema,
  /** A disabled one is found and not used. */
  enabled: z.boolean(),
  /** ISO times. */
  keptAt: z.string(),
  keptBy: z.string(),
  /** How often it was put into a fleet. */
  uses: z.number().int(),
  usedAt: z.string().optional(),
});
export type AgentTemplate = z.infer<typeof agentTemplateSchema>;
