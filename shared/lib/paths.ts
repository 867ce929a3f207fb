/** Path arithmetic without node:path, so that core and window agree; understands `/`, `\` and drive letters. */

export function isAbsolutePath(path: string): boolean {
  return /^([A-Za-z]:[\\/]|[\\/])/.test(path);
}

/** `path` seen from `folder`; `~` is the home folder; `.` and `..` are resolved. */
export function joinPath(folder: string, path: string, homeDir: string): string {
  const expanded = path === "~" || path.startsWith("~/") ? homeDir + path.slice(1) : path;
  const whole = isAbsolutePath(expanded) ? expanded : `${folder}/${expanded}`;
  const separator = whole.includes("\\") && !whole.startsWith("/") ? "\\" : "/";
  const parts: string[] = [];
  for (const part of whole.split(/[\\/]/)) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return whole.startsWith("/") ? `/${parts.join("/")}` : parts.join(separator);
}

export function folderOf(file: string): string {
  const cut = Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\"));
  return cut <= 0 ? "/" : file.slice(0, cut);
}
