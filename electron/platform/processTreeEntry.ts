/** One row of the process table, the same on every platform. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque but ordered: clock ticks since boot on Linux, seconds since 1970 on macOS. */
  readonly startTime: number;
}

/** For files that outlive a reboot: pid and ticks since boot repeat, the boot they belong to does not. */
export interface LastingIdentity extends ProcessIdentity {
  readonly boot?: string | undefined;
}

export interface ProcessEntry extends ProcessIdentity {
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Foreground process group of its terminal; 0 or less without one. */
  readonly foreground: number;
  readonly state: "zombie" | "stopped" | "other";
  /** Value of SIGNALBOX_SESSION where its environment can be read. */
  readonly sessionId?: string;
}
