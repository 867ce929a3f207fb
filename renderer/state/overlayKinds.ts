/** What can lie over the page. */

export type Overlay =
  /** `text` is typed in already: ">" for commands, "@" for agents. */
  | { readonly kind: "palette"; readonly text?: string }
  | { readonly kind: "emergencyStop" }
  | { readonly kind: "keys" }
  /** Under this node; its fleet's top supervisor, or a choice, without one. */
  | { readonly kind: "addChild"; readonly what: "agent" | "supervisor"; readonly parent?: string }
  | { readonly kind: "openFleet" }
  /** With an id: that budget's rules are edited; else a new one for this place. */
  | { readonly kind: "setBudget"; readonly scope: string; readonly id?: string }
  | { readonly kind: "grantBudget"; readonly id: string }
  | { readonly kind: "moveBudget"; readonly id: string }
  | { readonly kind: "setPrice"; readonly model: string; readonly provider?: string }
  | DeletedRecording
  | { readonly kind: "confirm"; readonly question: Question };

/** One life's recording, or what was printed before or after a moment of it. */
interface DeletedRecording {
  readonly kind: "deleteRecording";
  readonly sessionId: string;
  readonly path: string;
  readonly generation: number;
  readonly isRunning: boolean;
  /** Moment shown, ms since 1970. */
  readonly atMs?: number;
}

/** Asked before something that stops more than one agent or deletes data. */
export interface Question {
  readonly title: string;
  /** What it will take with it, in a sentence. */
  readonly body: string;
  /** The verb on the button. */
  readonly action: string;
  readonly isDangerous: boolean;
  readonly run: () => void;
}

export interface Toast {
  readonly id: string;
  readonly kind: "undo" | "error";
  readonly text: string;
  readonly undo?: () => void;
}
