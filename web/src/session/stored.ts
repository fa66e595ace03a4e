// What the browser keeps from visit to visit: features and encoders.

import { createSignal, type Accessor } from "solid-js";

import type { Selector, StoredEncoder, StoredFeatures } from "ofa";

/** What the browser keeps, as far as it was read. */
export interface Stored {
  features: Accessor<readonly StoredFeatures[]>;
  encoders: Accessor<readonly StoredEncoder[]>;
  /** Reads what there is. */
  read(): Promise<void>;
  deleteFeatures(id: string): Promise<void>;
  deleteEncoder(id: string): Promise<void>;
}

/** Makes the view of what is kept. */
export function createStored(of: {
  selector: () => Promise<Selector>;
  onProblem: (error: unknown) => void;
}): Stored {
  const [features, setFeatures] = createSignal<readonly StoredFeatures[]>([]);
  const [encoders, setEncoders] = createSignal<readonly StoredEncoder[]>([]);

  const read = async (): Promise<void> => {
    let selector: Selector;
    try {
      selector = await of.selector();
    } catch {
      // Whoever has it made for more than this list says what is wrong.
      return;
    }
    try {
      setFeatures(await selector.stored());
      setEncoders(await selector.storedEncoders());
    } catch (error) {
      of.onProblem(error);
    }
  };

  const afterwards = async (change: (selector: Selector) => Promise<unknown>): Promise<void> => {
    try {
      await change(await of.selector());
    } catch (error) {
      of.onProblem(error);
    }
    await read();
  };

  return {
    features,
    encoders,
    read,
    deleteFeatures: (id) => afterwards((selector) => selector.deleteStored(id)),
    deleteEncoder: (id) => afterwards((selector) => selector.deleteStoredEncoder(id)),
  };
}
