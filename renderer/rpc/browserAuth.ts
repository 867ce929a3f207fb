/**
 * How a browser gets its token: once, by the one-time code in the URL's fragment; the code is removed from the address
 * bar and history before anything else happens. The token stays in this browser's storage for this origin.
 */
import { z } from "zod";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";

const STORAGE_KEY = "signalbox.token";
const answerSchema = z.object({ token: z.string().min(1) });
const refusalSchema = z.object({ error: z.object({ message: z.string() }) });

/** The token to connect with; `unauthorized` when there is neither a code nor a stored token. */
export async function browserToken(): Promise<Result<string>> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) {
    history.replaceState(null, "", location.pathname + location.search);
    const exchanged = await exchange(code);
    if (exchanged.ok) localStorage.setItem(STORAGE_KEY, exchanged.value);
    if (exchanged.ok || localStorage.getItem(STORAGE_KEY) === null) return exchanged;
  }
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === null)
    return fail("unauthorized", 'This browser is not known to Signalbox. Run "signalbox open" for a new link.');
  return ok(stored);
}

/** After the server refused it: the next start asks for a new link instead of trying again. */
export function forgetBrowserToken(): void {
  localStorage.removeItem(STORAGE_KEY);
}

async function exchange(code: string): Promise<Result<string>> {
  try {
    const response = await fetch("/auth/exchange", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    const body: unknown = await response.json();
    const answer = answerSchema.safeParse(body);
    if (response.ok && answer.success) return ok(answer.data.token);
    const refusal = refusalSchema.safeParse(body);
    return fail(
      "unauthorized",
      refusal.success ? refusal.data.error.message : 'The link was refused. Run "signalbox open" for a new one.',
    );
  } catch {
    return fail("disconnected", "Signalbox does not answer. Start it, then open the link again.");
  }
}

/** A WebSocket does not say why it was refused; this does. */
export async function checkBrowserToken(token: string): Promise<"known" | "refused" | "unreachable"> {
  try {
    const response = await fetch("/healthz", { headers: { authorization: `Bearer ${token}` } });
    return response.status === 401 ? "refused" : "known";
  } catch {
    return "unreachable";
  }
}
