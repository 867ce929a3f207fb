/** What the app did to the desktop, for tests to look at and press; in the main process as globalThis.electronDouble. */
export interface DialogCall {
  readonly message: string;
  readonly detail: string | undefined;
  readonly buttons: readonly string[];
}

export const record = {
  trays: [] as { icon: string; tooltip: string; menu: any; emit(event: string): boolean }[],
  notifications: [] as { title: string; body: string; emit(event: string): boolean }[],
  dialogs: [] as DialogCall[],
  /** Index of the button the next message box answers with; the cancelling one when empty. */
  nextAnswers: [] as number[],
  errorBoxes: [] as { title: string; content: string }[],
  openedOutside: [] as string[],
};

declare global {
  var electronDouble: typeof record;
}
globalThis.electronDouble = record;
