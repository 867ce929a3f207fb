/** What is said of another machine, in the window and on the command line. */
import type { MachineState } from "./machine.ts";

/** `for` is how long the state has held, "4m". */
export function machineWords(state: MachineState, forWords: string): string {
  switch (state) {
    case "online":
      return "online";
    case "away":
      return `not heard of for ${forWords}`;
    case "left":
      return `stopped ${forWords} ago`;
    case "unknown":
      return `not known for ${forWords}, NATS does not answer`;
  }
}
