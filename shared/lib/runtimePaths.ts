/**
 * Where the sockets of one data directory live: short (sun_path holds about 100 bytes), private to the user, and found
 * by app, keeper and CLI alike from the same facts. Pure: each side gathers the facts with its own runtime.
 */
export interface RuntimeFacts {
  /** `process.platform`. */
  readonly platform: string;
  /** `$XDG_RUNTIME_DIR`, if set. */
  readonly xdgRuntimeDir: string | undefined;
  /** `os.tmpdir()`. */
  readonly tmpDir: string;
  /** The numeric user id; anything stable on Windows. */
  readonly uid: number;
  /** The first 12 hex digits of SHA-256 of the data directory's real path. */
  readonly hash: string;
}

/** 104 bytes with the final zero on macOS, 108 on Linux. */
const MAX_SOCKET_PATH = 103;
/** The longest name we put there: `keeper-` and a version with a pre-release tag, and `.sock`. */
const MAX_SOCKET_NAME = 32;

/**
 * Candidates, best first; a server takes the first it can use, a client tries them in turn, because the two may have
 * been started in different environments (desktop session, ssh, cron). Empty on Windows, where pipes have no folder.
 */
export function runtimeDirs(facts: RuntimeFacts): readonly string[] {
  if (facts.platform === "win32") return [];
  const { xdgRuntimeDir, tmpDir, uid, hash } = facts;
  const inTmp = `signalbox-${uid}-${hash}`;
  const dirs = [`${withoutSlash(tmpDir)}/${inTmp}`, `/tmp/${inTmp}`];
  if (xdgRuntimeDir?.startsWith("/") === true) dirs.unshift(`${withoutSlash(xdgRuntimeDir)}/signalbox-${hash}`);
  return [...new Set(dirs)].filter((dir) => dir.length + 1 + MAX_SOCKET_NAME <= MAX_SOCKET_PATH);
}

/** `name` is `app` or `keeper-<version>`; `dir` one of `runtimeDirs`, undefined on Windows. */
export function socketPath(facts: RuntimeFacts, name: string, dir: string | undefined): string {
  if (dir !== undefined) return `${dir}/${name}.sock`;
  return name === "app" ? `\\\\.\\pipe\\signalbox-${facts.hash}` : `\\\\.\\pipe\\signalbox-${facts.hash}-${name}`;
}

/** Every path at which the socket of that name may be, best first. */
export function socketPaths(facts: RuntimeFacts, name: string): readonly string[] {
  if (facts.platform === "win32") return [socketPath(facts, name, undefined)];
  return runtimeDirs(facts).map((dir) => socketPath(facts, name, dir));
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
