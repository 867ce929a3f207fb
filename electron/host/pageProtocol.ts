/** Serves the built page at app://signalbox/ under its content policy; reads nothing outside its folder. */
import { readFile } from "node:fs/promises";
import { protocol, type Session } from "electron";
import { PAGE_ORIGIN } from "#shared/rpc/desktopPort.ts";
import { assetFile, CONTENT_POLICY, mediaType } from "./addresses.ts";

const SCHEME = new URL(PAGE_ORIGIN).protocol.slice(0, -1);

/** Before the app is ready: makes the page's scheme a secure one with an origin. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** `folder`: the built page. */
export function servePage(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, (request) => answer(request, folder));
}

async function answer(request: Request, folder: string): Promise<Response> {
  if (request.method !== "GET") return refusal(405);
  const file = assetFile(request.url, folder);
  if (file === undefined) return refusal(403);
  try {
    return new Response(new Uint8Array(await readFile(file)), {
      headers: { ...HEADERS, "content-type": mediaType(file) },
    });
  } catch {
    return refusal(404);
  }
}

const HEADERS = {
  "content-security-policy": CONTENT_POLICY,
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
} as const;

function refusal(status: number): Response {
  return new Response(null, { status, headers: HEADERS });
}
