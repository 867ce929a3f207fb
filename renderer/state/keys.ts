/**
 * One registry of keys. Pages and dialogs register scopes; the latest scope that knows the key wins, and a modal scope
 * hides those below it. Keys are left alone in inputs, and a focused terminal keeps all but the reserved ones.
 */
import { isMac } from "#renderer/ui/platform.ts";

export interface KeyBinding {
  /** One chord, `mod+k`, `shift+r`, `?`, or a sequence, `g h`. `mod` is Cmd on a Mac, Ctrl elsewhere. */
  readonly keys: string;
  /** What it does, for the list under `?`. */
  readonly label: string;
  readonly run: () => void;
  /** Works in text fields, too. */
  readonly inInputs?: boolean;
  /** Works even in a focused terminal (design.md 8). */
  readonly reserved?: boolean;
  /** Not listed under `?`. */
  readonly hidden?: boolean;
}

/** `app`: works on every page, unless the page uses the key itself. `modal`: hides everything below but reserved keys. */
export type KeyLayer = "app" | "page" | "modal";

export interface KeyScope {
  /** Heading in the list of keys. */
  readonly name: string;
  readonly layer: KeyLayer;
  readonly bindings: () => readonly KeyBinding[];
}

export interface KeyRegistry {
  /** The returned function takes it out again. */
  register(scope: KeyScope): () => void;
  /** The scopes whose keys work now, innermost first. */
  active(): readonly KeyScope[];
  /** Handles one key press; true when a binding ran. */
  handle(event: KeyPress): boolean;
}

/** The part of a KeyboardEvent this reads. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing?: boolean;
  readonly target: EventTarget | null;
}

/** How long the second key of `g h` may take. */
const SEQUENCE_MS = 1200;

export function createKeyRegistry(now: () => number = Date.now): KeyRegistry {
  let scopes: readonly KeyScope[] = [];
  let prefix: { readonly keys: readonly string[]; readonly at: number } | undefined;

  const active = (): readonly KeyScope[] => {
    const modal = scopes.findLastIndex((scope) => scope.layer === "modal");
    return scopes.slice(Math.max(modal, 0)).toReversed();
  };
  const candidates = (place: KeyPlace): readonly KeyBinding[] => {
    const inner = active();
    const outer = scopes.filter((scope) => !inner.includes(scope));
    const all = inner.flatMap((scope) => scope.bindings());
    const reserved = outer.flatMap((scope) => scope.bindings()).filter((binding) => binding.reserved === true);
    return [...all, ...reserved].filter((binding) => isHeard(binding, place));
  };
  return {
    register(scope) {
      // The frame mounts after its first page but before the next ones; its keys stay the outermost.
      scopes = scope.layer === "app" ? [scope, ...scopes] : [...scopes, scope];
      return () => {
        scopes = scopes.filter((other) => other !== scope);
      };
    },
    active,
    handle(event) {
      if (event.isComposing === true || MODIFIERS.has(event.key)) return false;
      const chords = chordsOf(event);
      const bindings = candidates(placeOf(event, chords));
      const sequences = prefix !== undefined && now() - prefix.at <= SEQUENCE_MS ? prefix.keys : [];
      prefix = undefined;
      const wanted = [...sequences.flatMap((first) => chords.map((chord) => `${first} ${chord}`)), ...chords];
      for (const keys of wanted) {
        const binding = bindings.find((candidate) => candidate.keys === keys);
        if (binding === undefined) continue;
        binding.run();
        return true;
      }
      if (chords.some((chord) => bindings.some((binding) => binding.keys.startsWith(`${chord} `)))) {
        prefix = { keys: chords, at: now() };
        return true;
      }
      return false;
    },
  };
}

const MODIFIERS: ReadonlySet<string> = new Set(["Shift", "Control", "Alt", "Meta"]);
const NAMES: Readonly<Record<string, string>> = {
  " ": "space",
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Escape: "esc",
};
const CODES: Readonly<Record<string, string>> = {
  Period: ".",
  Comma: ",",
  Slash: "/",
  BracketLeft: "[",
  BracketRight: "]",
};

/** The ways one press may be written: by what it types, and by the key's place, for other layouts. */
export function chordsOf(event: KeyPress): readonly string[] {
  const head = modifiersOf(event);
  const shift = event.shiftKey ? "shift+" : "";
  const key = NAMES[event.key] ?? event.key.toLowerCase();
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  // A shifted sign says its shift by itself, `?` is `?`; of a command either way of writing it counts.
  const typed = isSign ? [`${head}${key}`] : [`${head}${shift}${key}`];
  if (isSign && head.includes("mod+")) typed.push(`${head}${shift}${key}`);
  const place = placeName(event.code);
  const isLatin = /^[\x20-\x7e]$/.test(event.key);
  if (place !== undefined && (head.includes("mod+") || !isLatin)) typed.push(`${head}${shift}${place}`);
  return [...new Set(typed)];
}

function modifiersOf({ ctrlKey, metaKey, altKey }: KeyPress): string {
  const [mod, other] = isMac() ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  return `${other ? "other+" : ""}${mod ? "mod+" : ""}${altKey ? "alt+" : ""}`;
}

function placeName(code: string): string | undefined {
  return CODES[code] ?? /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase();
}

interface KeyPlace {
  readonly isInput: boolean;
  readonly isTerminal: boolean;
  /** A button or link answers Enter and Space by itself. */
  readonly isPressed: boolean;
}

const INPUTS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";

function placeOf({ target }: KeyPress, chords: readonly string[]): KeyPlace {
  if (!(target instanceof Element)) return { isInput: false, isTerminal: false, isPressed: false };
  const isTerminal = target.closest("[data-terminal]") !== null;
  const answers = chords.includes("enter") || chords.includes("space");
  return {
    isTerminal,
    isInput: !isTerminal && target.closest(INPUTS) !== null,
    isPressed: answers && target.closest("button, a[href], summary, [role=switch]") !== null,
  };
}

function isHeard(binding: KeyBinding, { isInput, isTerminal, isPressed }: KeyPlace): boolean {
  if (isTerminal) return binding.reserved === true;
  if (isPressed) return /\+(enter|space)$/.test(binding.keys);
  return !isInput || binding.inInputs === true || binding.reserved === true;
}
