/**
 * How the page in the window gets its MessagePort. The page, once it listens, posts CONNECT_REQUEST to its own window;
 * the preload answers with a `message` event whose data is CONNECT_ANSWER and whose only port is the connection. It may
 * ask again after the port closed.
 */
export const CONNECT_REQUEST = "signalbox:connect";
export const CONNECT_ANSWER = "signalbox:port";
/** The one channel between preload and main process; carries ports, never data. */
export const CONNECT_CHANNEL = "signalbox:connect";
/** The page's origin inside Electron. */
export const PAGE_ORIGIN = "app://signalbox";
