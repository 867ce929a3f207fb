/** What a person may set; unknown keys are refused, missing ones take the default. */
import { z } from "zod";

export const settingsSchema = z.object({
  theme: z.enum(["system", "light", "dark"]).default("system"),
  terminalFontSize: z.number().min(8).max(32).default(12.5),
  terminalRenderer: z.enum(["auto", "dom", "webgl"]).default("auto"),
  notifyWaiting: z.boolean().default(true),
  notifyBroke: z.boolean().default(true),
  notifyGaveUp: z.boolean().default(true),
  closeToTray: z.boolean().default(true),
  /** Whether agents are pointed at the metering gateway, unless their fleet file says otherwise; holds from their next life on. */
  gateway: z.enum(["off", "on"]).default("off"),
  /** The NATS server that joins this machine to others, `nats://host:4222`; empty: none. Read at the next start. */
  natsUrl: z
    .string()
    .max(1000)
    .regex(
      /^(?:(?:nats|tls):\/\/[^\s@]+)?$/,
      "Write nats://host:4222, without credentials: those go into a file (natsCredentials)",
    )
    .default(""),
  /** Path of a file with its credentials; empty: none are needed. */
  natsCredentials: z.string().max(4000).default(""),
  /** Between two starts at boot, so that a morning does not begin with a storm. */
  bootStaggerMs: z.number().int().min(0).max(60_000).default(1500),
  /** The log policy: what exceeds it goes, oldest output first, never a live screen. 0 is no limit. */
  logMaxDays: z.number().int().min(0).max(36_500).default(90),
  logMaxSessionMb: z.number().int().min(0).max(100_000_000).default(4096),
  logMaxTotalMb: z.number().int().min(0).max(100_000_000).default(20_480),
  /**
   * A new agent waits while less memory than this is free; 0 never waits. The default keeps a system usable that is
   * about to swap, and lets small machines work at all.
   */
  startAboveFreeMb: z.number().int().min(0).max(4_000_000).default(512),
  /** While something waits for a processor more of the time than this, starts go one by one; 100 never minds. */
  startBelowCpuPercent: z.number().min(1).max(100).default(98),
});
export type Settings = z.infer<typeof settingsSchema>;
