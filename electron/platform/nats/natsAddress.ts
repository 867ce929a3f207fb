/** A NATS address as a person writes it: servers, and who one is there. What is shown or logged never holds the secret part. */
import { readFile } from "node:fs/promises";
import { credsAuthenticator, tokenAuthenticator, usernamePasswordAuthenticator } from "@nats-io/transport-node";
import type { Authenticator } from "@nats-io/transport-node";
import { fail, ok } from "#shared/model/result.ts";
import type { Result } from "#shared/model/result.ts";
import { homePath } from "../homePath.ts";

export interface NatsAddress {
  /** `host:port`, one for each server of a cluster that was named. */
  readonly servers: readonly string[];
  /** For people and logs: without credentials. */
  readonly shown: string;
  readonly isTls: boolean;
  readonly authenticator: Authenticator | undefined;
}

const DEFAULT_PORT = 4222;
const EXAMPLE = "Write it like nats://nats.example:4222.";

/** Several servers are separated by commas; credentials of the first one count for all. */
export function readNatsAddress(text: string): Result<NatsAddress> {
  const urls = text.split(",").map((part) => parseServer(part.trim()));
  const servers: string[] = [];
  for (const url of urls) {
    if (url === undefined) return fail("bad_request", `This is no address of a NATS server. ${EXAMPLE}`);
    if (url.protocol !== "nats:" && url.protocol !== "tls:")
      return fail("bad_request", `A NATS address begins with nats:// or tls://, not ${url.protocol}//. ${EXAMPLE}`);
    servers.push(`${url.hostname}:${url.port === "" ? DEFAULT_PORT : url.port}`);
  }
  const [first] = urls;
  const isTls = urls.some((url) => url?.protocol === "tls:");
  return ok({
    servers,
    shown: servers.map((server) => `${isTls ? "tls" : "nats"}://${server}`).join(","),
    isTls,
    authenticator: first === undefined ? undefined : authenticatorOf(first),
  });
}

function parseServer(text: string): URL | undefined {
  const url = URL.parse(text.includes("://") ? text : `nats://${text}`);
  return url === null || url.hostname === "" || /\s/.test(text) ? undefined : url;
}

function authenticatorOf({ username, password }: URL): Authenticator | undefined {
  if (username === "") return undefined;
  const name = decodeURIComponent(username);
  return password === "" ? tokenAuthenticator(name) : usernamePasswordAuthenticator(name, decodeURIComponent(password));
}

/** A `.creds` file as `nsc` writes it, or one line: `user:password`, or a token. Errors: not_found, bad_request. */
export async function readNatsCredentials(typed: string): Promise<Result<Authenticator>> {
  const file = homePath(typed);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch {
    return fail("not_found", `The file of NATS credentials ${file} cannot be read. Check its path and its rights.`);
  }
  const text = Buffer.from(bytes).toString("utf8").trim();
  if (text.includes("-----BEGIN NATS USER JWT-----")) return ok(credsAuthenticator(bytes));
  if (text === "" || /\s/.test(text))
    return fail(
      "bad_request",
      `${file} holds no NATS credentials. It takes what nsc writes, or one line: user:password, or a token.`,
    );
  const [user = "", ...rest] = text.split(":");
  return ok(rest.length === 0 ? tokenAuthenticator(text) : usernamePasswordAuthenticator(user, rest.join(":")));
}
