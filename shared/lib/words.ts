/** Numbers and times as people read them (design.md 7): the same words in the window, the command line and notices. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 38s, 4m, 1h 04m, 3d 2h. Never negative: clocks differ. */
export function durationWords(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "0s";
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h ${two(Math.floor((ms % HOUR) / MINUTE))}m`;
  return `${Math.floor(ms / DAY)}d ${Math.floor((ms % DAY) / HOUR)}h`;
}

/** For details: 12s, 2m 08s, then like `durationWords`. */
export function exactDuration(ms: number): string {
  if (ms >= MINUTE && ms < HOUR) return `${Math.floor(ms / MINUTE)}m ${two(Math.floor((ms % MINUTE) / SECOND))}s`;
  return durationWords(ms);
}

/** What is left: 0:12, 4:05, 1:04:12. */
export function countdownWords(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondsFormat = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const weekdayFormat = new Intl.DateTimeFormat("en", { weekday: "short" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const longDayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

/** 14:06; within a week "Wed 13:58"; before that "3 Jun 13:58". Empty for no time. */
export function clockWords(at: number, now: number): string {
  if (!Number.isFinite(at)) return "";
  const time = clockFormat.format(at);
  if (isSameDay(at, now)) return time;
  return `${Math.abs(now - at) < 6 * DAY ? weekdayFormat.format(at) : dayFormat.format(at)} ${time}`;
}

/** 14:06:02, as event rows and banners show it. */
export function exactClock(at: number): string {
  return Number.isFinite(at) ? secondsFormat.format(at) : "";
}

/** "Thursday 12 June". */
export function dayWords(at: number): string {
  return longDayFormat.format(at).replace(",", "");
}

export function isSameDay(left: number, right: number): boolean {
  return new Date(left).toDateString() === new Date(right).toDateString();
}

const THIN_SPACE = "\u2009";

/** 940, 9999, 48 213: grouped by thin spaces from 10 000 on. */
export function countWords(count: number): string {
  const text = String(Math.trunc(count));
  return Math.abs(count) < 10_000 ? text : text.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** "1 agent", "4 agents"; irregular plurals are given. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** 940 B, 12.4 kB, 2.25 MB. */
export function bytesWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[unit] ?? "B"}`;
}

/** "2 of 5 in 60 s used". */
export function intensityWords(used: number, allowed: number, periodMs: number): string {
  return `${used} of ${allowed} in ${Math.round(periodMs / SECOND)} s used`;
}

/** A path as its owner reads it: `~/code/api`. */
export function shortPath(path: string, homeDir: string | undefined): string {
  if (homeDir === undefined || homeDir === "" || homeDir === "/") return path;
  if (path === homeDir) return "~";
  const next = path.charAt(homeDir.length);
  return path.startsWith(homeDir) && (next === "/" || next === "\\") ? `~${path.slice(homeDir.length)}` : path;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
