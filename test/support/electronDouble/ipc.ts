/** ipcMain and the main process's end of MessagePorts. */
import { EventEmitter } from "node:events";

export const ipcMain = new EventEmitter();

interface ToPage {
  readonly data?: unknown;
  readonly start?: true;
  readonly close?: true;
}

export class MessagePortMain extends EventEmitter {
  readonly #send: (message: ToPage) => void;
  #isClosed = false;

  constructor(send: (message: ToPage) => void) {
    super();
    this.#send = send;
  }

  postMessage(data: unknown): void {
    if (!this.#isClosed) this.#send({ data });
  }
  /** What the page posted waits in its own port until now. */
  start(): void {
    this.#send({ start: true });
  }
  close(): void {
    if (!this.#isClosed) this.#send({ close: true });
    this.arrived({ closed: true });
  }
  arrived(message: { data?: unknown; closed?: boolean }): void {
    if (this.#isClosed) return;
    if (message.closed === true) {
      this.#isClosed = true;
      this.emit("close");
    } else this.emit("message", { data: message.data, ports: [] });
  }
}
