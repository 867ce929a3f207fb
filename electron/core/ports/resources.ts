/** What the machine has left, and what sessions use of it. Nothing here is watched: each answer is one look. */
export interface MachineLoad {
  /** Bytes that programs can still get, of the machine or of the control group that bounds this program. */
  readonly memoryFree: number;
  /** Share of the last ten seconds in which something waited for a processor, in percent; undefined where unknown. */
  readonly cpuPressure?: number;
}

export interface MeasuredSession {
  readonly sessionId: string;
  /** Its first process. */
  readonly pid: number;
}

export interface Resources {
  load(): Promise<MachineLoad>;
  /** Bytes of memory of all processes of each session; a session that cannot be measured is left out. */
  memoryOf(sessions: readonly MeasuredSession[]): Promise<ReadonlyMap<string, number>>;
}
