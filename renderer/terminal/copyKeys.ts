/** Copy and paste keys per platform. A Mac's Cmd C and Cmd V work by themselves; elsewhere Ctrl C must reach the agent. */
import type { Terminal } from "@xterm/xterm";
import { isMac } from "#renderer/ui/platform.ts";

export function copyKeys(terminal: Terminal): void {
  terminal.attachCustomKeyEventHandler((event) => {
    const deed = copyDeed(event, {
      isMac: isMac(),
      isWindows: navigator.userAgent.includes("Windows"),
      hasSelection: terminal.hasSelection(),
    });
    if (deed === "copy") {
      if (event.type === "keydown") copySelection(terminal);
      event.preventDefault();
    }
    // A paste key is left to the browser: its paste event reaches xterm, which brackets it where the program asked.
    return deed === "agent";
  });
}

export interface KeyPlace {
  readonly isMac: boolean;
  readonly isWindows: boolean;
  readonly hasSelection: boolean;
}

type Pressed = Pick<KeyboardEvent, "code" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">;

/** What a key means here; nearly always it is the agent's. */
export function copyDeed(
  event: Pressed,
  { isMac: onMac, isWindows, hasSelection }: KeyPlace,
): "agent" | "copy" | "paste" {
  if (onMac) return "agent";
  const chord = chordOf(event);
  if (chord === "shift+Insert" || chord === "ctrl+shift+KeyV") return "paste";
  if (chord === "ctrl+shift+KeyC") return "copy";
  return chord === "ctrl+KeyC" && isWindows && hasSelection ? "copy" : "agent";
}

function chordOf({ ctrlKey, shiftKey, altKey, metaKey, code }: Pressed): string {
  const held = [ctrlKey && "ctrl", altKey && "alt", metaKey && "meta", shiftKey && "shift"];
  return [...held.filter((name) => name !== false), code].join("+");
}

export function copySelection(terminal: Terminal): void {
  const text = terminal.getSelection();
  if (text === "") return;
  void navigator.clipboard.writeText(text).then(() => terminal.clearSelection());
}
