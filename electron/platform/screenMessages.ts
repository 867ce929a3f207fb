/** What the screens' host and its worker say to each other. Both are ours and of one build, so this is typed, not parsed. */
import type { ScreenHint, ScreenSnapshot } from "#core/ports/screens.ts";
import type { ScreenSize } from "./headlessScreen.ts";

export type ScreenOrder =
  | { readonly type: "open"; readonly sessionId: string; readonly size: ScreenSize; readonly offset: number }
  | {
      readonly type: "feed";
      readonly sessionId: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly live: boolean;
      /** Start over with an empty terminal: bytes before these are missing. */
      readonly fresh: boolean;
    }
  | { readonly type: "resize"; readonly sessionId: string; readonly size: ScreenSize }
  | { readonly type: "snapshot" | "text"; readonly sessionId: string; readonly request: number }
  | { readonly type: "close"; readonly sessionId: string };

export type ScreenReport =
  | {
      readonly type: "fed";
      readonly sessionId: string;
      readonly bytes: number;
      readonly reply: string;
      readonly hints: readonly ScreenHint[];
    }
  | { readonly type: "snapshot"; readonly request: number; readonly snapshot: ScreenSnapshot | undefined }
  | { readonly type: "text"; readonly request: number; readonly text: string };
