/** Typed event emitter. */

type Listener<Args extends unknown[]> = (...args: Args) => void;

export class Emitter<Events extends { [Name in keyof Events]: unknown[] }> {
  readonly #listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};

  /** Adds a listener. Returns a function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    (this.#listeners[name] ??= new Set()).add(listener);
    return () => this.off(name, listener);
  }

  once<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const stop = this.on(name, (...args) => {
      stop();
      listener(...args);
    });
    return stop;
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    this.#listeners[name]?.delete(listener);
  }

  /** Whether there are listeners, so that costly arguments are not built for none. */
  protected hasListeners(name: keyof Events): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(...args);
      } catch (error) {
        // An exception of one listener must not stop the others. It is rethrown as an uncaught
        // exception.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
