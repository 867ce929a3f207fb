/** The app's own schemes: Chromium knows none, so app://host becomes http://host.app.localhost, answered over DevTools. */
const handlers = new Map<string, (request: Request) => Promise<Response>>();
const registered = new Set<string>();

export const protocol = {
  registerSchemesAsPrivileged: (schemes: readonly { scheme: string }[]) => {
    for (const { scheme } of schemes) registered.add(scheme);
  },
  handle: (scheme: string, handler: (request: Request) => Promise<Response>) => {
    if (!registered.has(scheme)) throw new Error(`the scheme ${scheme} was not registered before the app was ready`);
    handlers.set(scheme, handler);
  },
};

export function toChromium(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/, (whole, scheme: string, host: string) =>
    handlers.has(scheme) ? `http://${host}.${scheme}.localhost` : whole,
  );
}

export function fromChromium(url: string): string {
  return url.replace(/^http:\/\/([^/?#]*)\.([a-z0-9+-]+)\.localhost/, (whole, host: string, scheme: string) =>
    handlers.has(scheme) ? `${scheme}://${host}` : whole,
  );
}

/** URL patterns of DevTools' Fetch domain. */
export function schemeOrigins(): string[] {
  return [...handlers.keys()].map((scheme) => `http://*.${scheme}.localhost`);
}

/** Runs the app's handler; the answer is in the shape of Fetch.fulfillRequest. */
export async function answerRequest({
  url,
  method,
  headers,
  postData,
}: {
  url: string;
  method: string;
  headers: Record<string, string>;
  postData?: string;
}) {
  const own = fromChromium(url);
  const handler = handlers.get(new URL(own).protocol.slice(0, -1));
  if (handler === undefined) return { responseCode: 404 };
  const response = await handler(
    new Request(own, { method, headers, ...(postData === undefined ? {} : { body: postData }) }),
  );
  const body = Buffer.from(await response.arrayBuffer());
  return {
    responseCode: response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: (isScript(response) ? Buffer.from(inChromiumsWords(body.toString())) : body).toString("base64"),
  };
}

function isScript(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/javascript") === true;
}

/** A page that compares its origin with the app's own address must find them equal here too. */
function inChromiumsWords(script: string): string {
  const schemes = [...handlers.keys()].join("|");
  return script.replace(new RegExp(`\\b(${schemes})://([a-z0-9-]+)`, "g"), "http://$2.$1.localhost");
}
