// How records are encoded, as fields of an address: what is decided before a run.

import type { MultiImage } from "ofa";

import { t } from "../messages";
import { DEFAULT_MULTI_IMAGE } from "../session/multi_image";
import { Unusable } from "./request_fields";

const { expected } = t.address;

const SEVERAL_IMAGES = "several-images";

/** The names of the fields. */
export const ENCODING_FIELDS: readonly string[] = [SEVERAL_IMAGES];

const WAYS: readonly MultiImage[] = ["mean", "first", "skip"];

/**
 * What becomes of records with several images.
 *
 * @throws Unusable where it says nothing that the setting can be.
 */
export function readSeveralImages(text: string): MultiImage {
  const found = WAYS.find((way) => way === text);
  if (found === undefined) {
    throw new Unusable(expected.oneOf(WAYS));
  }
  return found;
}

/** The fields of it. */
export function encodingFields(multiImage: MultiImage): [string, string][] {
  return multiImage === DEFAULT_MULTI_IMAGE ? [] : [[SEVERAL_IMAGES, multiImage]];
}
