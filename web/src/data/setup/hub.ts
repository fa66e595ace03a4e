// The encoder that the model hub has for everyone.

/** CLIP ViT-B/32, of the revision in which its weights are safetensors: the main one has a pickle alone. */
export const HUB_ENCODER = {
  name: "openai/clip-vit-base-patch32",
  host: "huggingface.co",
  url: "https://huggingface.co/openai/clip-vit-base-patch32/resolve/refs%2Fpr%2F15/",
  bytes: 605_000_000,
} as const;
