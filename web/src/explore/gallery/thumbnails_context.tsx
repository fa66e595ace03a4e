// The thumbnails that the gallery, the map and the records' pages share.

import { createContext, onCleanup, useContext, type JSX } from "solid-js";

import { useSession } from "../../session/context";
import { Thumbnails } from "./thumbnails";

const ThumbnailsContext = createContext<Thumbnails>();

/** The thumbnails of the dataset. */
export function useThumbnails(): Thumbnails {
  const thumbnails = useContext(ThumbnailsContext);
  if (thumbnails === undefined) {
    throw new Error("a component was used outside of the thumbnails");
  }
  return thumbnails;
}

/** Keeps thumbnails for what stands in it. */
export function ThumbnailsProvider(props: { children: JSX.Element }): JSX.Element {
  const session = useSession();
  const thumbnails = new Thumbnails(() => session.selector());
  onCleanup(() => thumbnails.free());
  return <ThumbnailsContext.Provider value={thumbnails}>{props.children}</ThumbnailsContext.Provider>;
}
