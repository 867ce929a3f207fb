/**
 * Whether a value holds a secret itself, where `${NAME}` could stand for one. Known shapes always count. A secret's name
 * counts with any literal text that is not plainly harmless; a false alarm costs a person more than a miss there.
 */
import { hasSecretShape } from "./secrets.ts";

const REFERENCE = /\$\{[A-Za-z_][A-Za-z0-9_]{0,200}\}/g;
/** In a reference's place: of no word, no address and no assignment, so that what stands around it is read by itself. */
const BREAK = "$ ";
/** `Bearer `, `Token token=`: says how, not what. */
const SCHEME =
  /^(?:(?:bearer|basic|token|digest|negotiate|hawk|bot|oauth|api-?key|key|geniekey|session|private-token)(?:[ \t:=]+|$))+/i;

/** Any literal text under such a name is the secret. */
const STRONG_WORD =
  /secret|passw|passphrase|credential|^(?:authorization|authtoken|accesstoken|apitoken|.*(?:api|access|private|auth)key)$/;
const STRONG_LAST = /^(?:token|pat|pwd|pass|cookie)$/;
const STRONG_KEY = /^(?:api|access|private|auth|secret|encryption|signing|master)$/;
/** Says something about a secret, or where it is. */
const ABOUT =
  /^(?:file|path|dir|name|id|url|uri|host|type|length|size|limit|ttl|timeout|expiry|expires|store|manager|provider|header|prefix|region|version|policy|mode|enabled|required|min|max|count)$/;
const PUBLIC_KEY =
  /^(?:public|primary|foreign|sort|partition|cache|idempotency|routing|object|index|project|row|group)$/;

type Strength = "strong" | "weak";

/** undefined: not the name of a secret. weak: a key of some kind, which may be anything. */
function nameStrength(name: string): Strength | undefined {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const last = words.at(-1) ?? "";
  const before = words.at(-2);
  // PWD alone is the working folder.
  if (ABOUT.test(last) || (last === "pwd" && words.every((word) => word === "pwd"))) return undefined;
  if (words.some((word) => STRONG_WORD.test(word)) || STRONG_LAST.test(last)) return "strong";
  if (last !== "key") return undefined;
  if (before !== undefined && STRONG_KEY.test(before)) return "strong";
  return before !== undefined && PUBLIC_KEY.test(before) ? undefined : "weak";
}

/** Words that stand where a program insists on some value. */
const PLACEHOLDER =
  /^(?:true|false|yes|no|on|off|null|none|nil|undefined|default|auto|enabled|disabled|required|optional|always|never|anonymous|empty|dummy|placeholder|unused|not-?needed|not-?used|changeme|xxx+|\*+|\.\.\.|ollama|lm-?studio|your[-_].*|<[^>]*>|\{\{[^}]*\}\})$/i;
const SHORT_NUMBER = /^[+-]?\d{1,6}(?:\.\d{1,4})?(?:ms|s|m|h|d|k|kb|mb|gb|%)?$/i;
const PATH = /^(?:~|\.{0,2})\/[\w.@~ -]*(?:\/[\w.@~ -]*)*$|^[A-Za-z]:[\\/]/;
/** `$NAME`, `%NAME%`, and a reference that is still being typed. */
const OTHER_REFERENCE = /^(?:\$\{?\w*\}?|%\w+%)$/;

function isHarmless(text: string): boolean {
  if (text === "" || [PLACEHOLDER, SHORT_NUMBER, PATH, OTHER_REFERENCE].some((harmless) => harmless.test(text)))
    return true;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !addressHoldsSecret(text);
}

/** What a person would not choose as a word: long enough, letters and digits. */
function isOpaque(text: string): boolean {
  return (text.length >= 8 && /\d/.test(text) && /[a-z]/i.test(text)) || /^\S{20,}$/.test(text);
}

/** The value of a header, a variable or an option. */
export function holdsSecret(name: string, value: string): boolean {
  const literal = value.replaceAll(REFERENCE, BREAK);
  if (hasSecretShape(literal)) return true;
  const strength = nameStrength(name);
  if (strength === undefined) return false;
  const text = value.trim().replace(SCHEME, "").trim();
  if (literal === value) return !isHarmless(text) && (strength === "strong" || isOpaque(text));
  // Who uses references knows of them: what stands around one is a label, a cookie's name, a prefix.
  return text
    .replaceAll(REFERENCE, " ")
    .split(/[\s=:;,"']+/)
    .some((piece) => !isHarmless(piece) && isOpaque(piece));
}

/** A password before the host, or a secret among what follows the question mark. */
export function addressHoldsSecret(address: string): boolean {
  if (hasSecretShape(address.replaceAll(REFERENCE, BREAK))) return true;
  const [, query = ""] = address.split(/[?#](.*)/s);
  return query.split(/[&#]/).some((pair) => {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    return holdsSecret(name, value);
  });
}

/** Places in `args` of what is a secret: by its shape, as `--name=value`, `NAME=value` and `Name: value`, or behind `--name`. */
export function secretArguments(args: readonly string[]): readonly number[] {
  return args.flatMap((arg, index) => {
    const [, name, value] = /^-{0,2}([A-Za-z][\w.-]*)(?:=|:\s*)(.*)$/s.exec(arg) ?? [];
    const option = /^--?([A-Za-z][\w-]*)$/.exec(args[index - 1] ?? "")?.[1];
    const isOption = option !== undefined && !arg.startsWith("-");
    const isSecret =
      (name !== undefined && value !== undefined && holdsSecret(name, value)) ||
      holdsSecret(isOption ? option : "", arg) ||
      (/^[a-z][a-z0-9+.-]*:\/\//i.test(arg) && addressHoldsSecret(arg));
    return isSecret ? [index] : [];
  });
}
