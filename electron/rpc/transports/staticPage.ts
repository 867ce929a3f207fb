/** The built page from its folder: known file types only, nothing outside the folder, nothing hidden, the strict headers on all. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

/** On every response, refusals included. No CORS header anywhere: no other origin may read anything. */
export function securityHeaders(host: string): Record<string, string> {
  return {
    "content-security-policy": contentSecurityPolicy(host),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
  };
}

/** Inline styles are xterm.js's way to draw; scripts come from our files only. */
function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self' ws://${host}`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export interface PageFile {
  readonly file: string;
  readonly size: number;
  readonly type: string;
  /** Files under assets/ carry their content's hash in the name. */
  readonly isImmutable: boolean;
}

/** `path` is decoded and begins with a slash. Undefined: there is no such file to serve. */
export async function findPageFile(rendererDir: string, path: string): Promise<PageFile | undefined> {
  const name = path === "/" ? "/index.html" : path;
  const parts = name.slice(1).split("/");
  if (parts.some((part) => part === "" || part.startsWith(".") || /[\\\0:]/.test(part))) return undefined;
  const type = TYPES[extname(name)];
  if (type === undefined) return undefined;
  try {
    const root = await realpath(rendererDir);
    const file = await realpath(join(root, ...parts));
    const { size, ...info } = await stat(file).then((found) => ({ size: found.size, isFile: found.isFile() }));
    return info.isFile && file.startsWith(root + sep)
      ? { file, size, type, isImmutable: parts[0] === "assets" }
      : undefined;
  } catch {
    return undefined;
  }
}

export async function sendPageFile(response: ServerResponse, page: PageFile, withBody: boolean): Promise<void> {
  response.writeHead(200, {
    "content-type": page.type,
    "content-length": page.size,
    "cache-control": page.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  });
  if (withBody) await pipeline(createReadStream(page.file), response);
  else response.end();
}
