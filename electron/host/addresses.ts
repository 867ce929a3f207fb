/** Which addresses the page may load, go to and open outside. Pure; parsed, never compared by their beginning. */
import { join, normalize, sep } from "node:path";
import { PAGE_ORIGIN } from "#shared/rpc/desktopPort.ts";

export const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // xterm.js and the diagram set styles on elements; no style can load anything.
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const OUTSIDE_SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

export function isOwnPage(address: string): boolean {
  const url = parse(address);
  return url !== undefined && `${url.protocol}//${url.host}` === PAGE_ORIGIN;
}

/** The address to ask the person about before their browser opens it; undefined for what is never opened. */
export function outsideAddress(address: string): string | undefined {
  const url = parse(address);
  if (url === undefined || !OUTSIDE_SCHEMES.has(url.protocol)) return undefined;
  // Name and password in a link serve only to disguise where it leads.
  return url.username === "" && url.password === "" ? url.href : undefined;
}

/**
 * The file below `folder` that a page address means: the page itself for the root and for places without a file
 * extension, undefined for another host and for whatever leads out of the folder.
 */
export function assetFile(address: string, folder: string): string | undefined {
  const url = parse(address);
  if (url === undefined || !isOwnPage(address)) return undefined;
  const path = decode(url.pathname);
  if (path === undefined || path.includes("\0") || path.includes("\\")) return undefined;
  const wanted = /\.[^/]+$/.test(path) ? path : "/index.html";
  const file = normalize(join(folder, wanted));
  return file.startsWith(normalize(folder) + sep) && !path.split("/").includes("..") ? file : undefined;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  map: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  woff2: "font/woff2",
  wasm: "application/wasm",
};

export function mediaType(file: string): string {
  return MEDIA_TYPES[file.slice(file.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
