/** Agent CLIs found on this machine. */
import { z } from "zod";

export const agentCliSchema = z.object({
  id: z.string(),
  name: z.string(),
  installed: z.boolean(),
  version: z.string().optional(),
  path: z.string().optional(),
  /** `unknown` where the CLI gives no way to tell without running it. */
  signIn: z.enum(["signed_in", "signed_out", "unknown"]),
  /** What to do when it is missing or signed out. */
  advice: z.string().optional(),
});
export type AgentCli = z.infer<typeof agentCliSchema>;

/** A session the CLI itself kept on disk; it can be taken up under supervision. */
export const pastSessionSchema = z.object({
  agent: z.string(),
  cliSessionId: z.string(),
  cwd: z.string(),
  title: z.string(),
  updatedAt: z.string(),
  messages: z.number().int().optional(),
});
export type PastSession = z.infer<typeof pastSessionSchema>;
