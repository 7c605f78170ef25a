/** The part of React that the hook of a contract's document needs, without a browser. */

interface Cell {
  value?: unknown;
  dependencies?: unknown[];
  end?: (() => void) | void;
}

/** A component without output; `current` is the latest result of its hook. */
export class Mounted<T> {
  current!: T;
  private cells: Cell[] = [];
  private next = 0;
  private effects: (() => void)[] = [];

  constructor(private readonly hook: () => T) {
    this.render();
  }

  render(): void {
    rendered = this;
    this.next = 0;
    this.current = this.hook();
    this.effects.splice(0).forEach((effect) => effect());
  }

  cell(initial: () => Cell): Cell {
    return (this.cells[this.next++] ??= initial());
  }

  after(effect: () => void): void {
    this.effects.push(effect);
  }

  unmount(): void {
    this.cells.forEach((cell) => cell.end?.());
  }
}

let rendered: Mounted<unknown>;

type Update<T> = T | ((before: T) => T);

export function useState<T>(initial: T): [T, (update: Update<T>) => void] {
  const component = rendered;
  const cell = component.cell(() => ({ value: initial }));
  const set = (update: Update<T>) => {
    const value = typeof update === "function" ? (update as (before: T) => T)(cell.value as T) : update;
    if (value === cell.value) return;
    cell.value = value;
    component.render();
  };
  return [cell.value as T, set];
}

export function useEffect(effect: () => (() => void) | void, dependencies: unknown[]): void {
  const component = rendered;
  const cell = component.cell(() => ({}));
  if (isSame(cell.dependencies, dependencies)) return;
  cell.dependencies = dependencies;
  component.after(() => {
    cell.end?.();
    cell.end = effect();
  });
}

export function useCallback<T>(callback: T, dependencies: unknown[]): T {
  const cell = rendered.cell(() => ({}));
  if (!isSame(cell.dependencies, dependencies)) Object.assign(cell, { value: callback, dependencies });
  return cell.value as T;
}

function isSame(before: unknown[] | undefined, now: unknown[]): boolean {
  return before !== undefined && now.every((value, index) => value === before[index]);
}
