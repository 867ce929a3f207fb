/** Which data directory is meant: `--data`, then SIGNALBOX_DATA, then the platform's convention. Pure. */
export interface DataDirFacts {
  readonly platform: string;
  readonly homeDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command line said. */
  readonly flag?: string | undefined;
}

/** As the person wrote it, maybe relative: the caller resolves it against the working directory. */
export function dataDirOf(facts: DataDirFacts): string {
  const { flag, env, platform, homeDir } = facts;
  if (flag !== undefined && flag !== "") return flag;
  const named = env["SIGNALBOX_DATA"];
  if (named !== undefined && named !== "") return named;
  if (platform === "darwin") return `${homeDir}/Library/Application Support/Signalbox`;
  if (platform === "win32") return `${env["APPDATA"] ?? `${homeDir}\\AppData\\Roaming`}\\Signalbox`;
  const xdg = env["XDG_DATA_HOME"];
  return `${xdg?.startsWith("/") === true ? xdg : `${homeDir}/.local/share`}/signalbox`;
}
